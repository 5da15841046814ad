import os
import time
from collections import Counter

import pytest

from examples.simulator.world import simulate_county
from warehouse.month import Month
from .conftest import *  # noqa


def test_scratch(module_warehouse_home, workshop):
    tw, months, seed, errors = (int(x) for x in os.environ["SCRATCH"].split(","))
    sim = simulate_county("530722", Month(2010, 1), months, seed, townships=tw)
    t = time.time()
    filed = write_county(sim, workshop / "clean")
    print("written", time.time() - t)
    truths = []
    if errors:
        truths = plant(filed, errors).truths
    t = time.time()
    file_county(module_warehouse_home, filed)
    print("filed", time.time() - t)
    found = findings_in_force(module_warehouse_home)
    print(Counter((f["check_id"], f["severity"], f["level"]) for f in found))
    want = {(x.file, x.sheet, x.cell, x.check_id, x.severity): x for x in truths}
    got = {(f["file"], f["sheet"] or "", f["cell"] or "", f["check_id"], f["severity"]): f for f in found if f["severity"] != "info"}
    for k, x in want.items():
        if k not in got:
            print("MISS", k, x.true_value, x.planted_value)
        elif x.row_key and x.row_key != got[k]["row_key"]:
            print("KEY", k, x.row_key, got[k]["row_key"])
    for k, f in got.items():
        if k not in want:
            print("EXTRA", k, f["row_key"], f["message_en"][:150])
