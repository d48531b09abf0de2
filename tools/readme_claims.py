"""Write the table of claims of the README from docs/reproductions.md.

    python tools/readme_claims.py

It takes the claims of a test accuracy from the table of verdicts, and names each claim that was not
reached, whatever it is about. tests/test_readme.py says when this must be run again.
"""

import argparse
from pathlib import Path

ROOT = Path(__file__).parents[1]
BEGIN = "<!-- claims: written by tools/readme_claims.py -->"
END = "<!-- end of claims -->"
_SHOWN = ("id", "claimed", "measured", "verdict")


def read_verdicts(page: str) -> list[dict[str, str]]:
    """Return the rows of the table of verdicts, by their headings."""
    section = page.split("\n## Verdicts\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def make_claims(page: str) -> str:
    """Return the table and the sentence below it."""
    claims = read_verdicts(page)
    lines = [f"| {' | '.join(_SHOWN)} |", f"|{'---|' * len(_SHOWN)}"]
    lines += [
        f"| {' | '.join(claim[name] for name in _SHOWN)} |"
        for claim in claims
        if claim["claim"] == "test accuracy"
    ]
    missed = [claim for claim in claims if claim["verdict"] == "not reached"]
    n_reached = len(claims) - len(missed)
    said = f"Of all {len(claims)} claims, {n_reached} are reproduced or exceeded."
    if missed:
        names = ", ".join(f"{claim['claim']} of {claim['id']}" for claim in missed)
        said += f" Not reached: {names}."
    return "\n".join(lines) + f"\n\n{said}"


def put_claims(readme: str, page: str) -> str:
    """Return the README with the claims between their marks."""
    before, rest = readme.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{make_claims(page)}\n\n{END}{after}"


def main() -> None:
    """Write it, unless asked for help."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    readme = ROOT / "README.md"
    page = (ROOT / "docs" / "reproductions.md").read_text(encoding="utf-8")
    readme.write_text(put_claims(readme.read_text(encoding="utf-8"), page), encoding="utf-8")


if __name__ == "__main__":
    main()
