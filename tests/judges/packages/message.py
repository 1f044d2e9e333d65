"""What all packages are told of the message."""


def ids(message):
    named = ((name, message["id" if name == "message" else name]) for name in ("message", "campaign", "step", "profile"))
    return {f"rekindle_{name}": value for name, value in named}


def properties(case, message):
    """What a template or an event is told."""
    texts = {name: text for name, text in case["content"].items() if isinstance(text, str)}
    return texts | case["content"].get("data", {}) | ids(message)
