"""How Python's standard library reads an e-mail."""

import hashlib
from email import message_from_bytes
from email.policy import default
from pathlib import Path


def read(path: Path):
    letter = path.read_bytes()
    message = message_from_bytes(letter, policy=default)
    parts = [part for part in message.walk() if not part.is_multipart()]
    defects = [defect for part in message.walk() for defect in [*part.defects, *_defects_of_headers(part)]]
    return {
        "sha256": hashlib.sha256(letter).hexdigest(),
        "from": _mailboxes(message["from"]),
        "to": _mailboxes(message["to"]),
        "reply_to": _mailboxes(message["reply-to"]),
        "subject": str(message["subject"]),
        "date": message["date"].datetime.isoformat(),
        "message_id": str(message["message-id"]),
        "unsubscribe": [str(message[name]) for name in ("list-unsubscribe", "list-unsubscribe-post") if name in message],
        "type": message.get_content_type(),
        "parts": [{"type": part.get_content_type(), "text": part.get_content()} for part in parts],
        "defects": [str(defect) for defect in defects],
    }


def _mailboxes(header):
    return [[address.display_name, address.addr_spec] for address in header.addresses] if header else []


def _defects_of_headers(part):
    return [defect for header in part.values() for defect in header.defects]
