"""Segment's package."""

from datetime import datetime

import segment.analytics.client


def track(case, message, recorder):
    client = segment.analytics.client.Client(case["settings"]["write_key"], sync_mode=True)
    client.track(
        user_id=message["user_id"],
        event=case["content"]["event"],
        properties=case["content"]["properties"],
        context={"traits": {"email": message["email"]}, "integration": {"name": "Rekindle", "version": "0.1.0"}},
        timestamp=datetime.fromisoformat(message["promised_at"]),
        message_id=f"rekindle:{message['id']}",
    )
    # The same in every recording.
    recorder.sent[-1]["body"]["sentAt"] = "(now)"


JUDGE = ("segment-analytics-python", {"track": track})
