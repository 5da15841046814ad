"""The answer to a reporting unit, in its folder of the outbox: Chinese first, English second."""

from ingest.feedback.receipt import feedback_text, neutral, write_feedback

__all__ = ["feedback_text", "neutral", "write_feedback"]
