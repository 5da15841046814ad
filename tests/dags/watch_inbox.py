"""Run by test_inbox_trigger.py in a fresh interpreter: prints each event of the trigger."""

import asyncio
import sys

sys.path.append(sys.argv[1])

from inbox_trigger import InboxTrigger  # type: ignore[import-not-found]


async def watch() -> None:
    """Print `watching`, then of each event the number of files, or the decision's."""
    print("watching", flush=True)
    async for event in InboxTrigger().run():
        print(*(event.payload.values()), flush=True)


asyncio.run(watch())
