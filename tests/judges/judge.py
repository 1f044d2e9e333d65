"""Has the providers' own packages for Python send what the cases of `tests/fixtures/judged` describe, and writes down what they sent;
and writes down how Python's standard library reads our e-mails.

Run by `cargo xtask judge`, which sets up what `requirements.txt` pins.
"""

import importlib.metadata
import json
import platform
from pathlib import Path

import letters
from packages import JUDGES
from recorder import Recorder

FIXTURES = Path(__file__).parent.parent / "fixtures" / "judged"


def judge_requests(provider, package, calls, message, recorder):
    cases = json.loads((FIXTURES / f"{provider}.json").read_text())["cases"]
    for case in cases:
        recorder.sent.clear()
        calls[case["call"]](case, message, recorder)
        case["sent"] = list(recorder.sent)
    write(provider, {"registry": "PyPI", "package": package, "version": importlib.metadata.version(package)}, {"cases": cases})


def judge_letters():
    read = {path.stem: letters.read(path) for path in sorted(FIXTURES.glob("*.eml"))}
    write("smtp", {"registry": "Python's standard library", "package": "email", "version": platform.python_version()}, {"letters": read})


def write(provider, judge, judged):
    document = {"judge": judge, "again": "cargo xtask judge"} | judged
    (FIXTURES / f"{provider}.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    print(f"{provider}: {judge['package']} {judge['version']}")


def main():
    message = json.loads((FIXTURES / "message.json").read_text())
    recorder = Recorder()
    recorder.lead_here()
    for provider, (package, calls) in JUDGES.items():
        judge_requests(provider, package, calls, message, recorder)
    judge_letters()


if __name__ == "__main__":
    main()
