"""What regions tell one another, told."""

from __future__ import annotations

from typing import Any

from tocsin.cli.tell import stdout, table_of


def tell_share(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    out.print(f"{told['incident']}: this leaves, and nothing else.")
    _indicators(told["indicators"])
    if told["written"]:
        written = told["written"]
        out.print(f"Written, signed and read back ({written['act']}): {written['file']}", markup=False, soft_wrap=True)
        out.print("Send it with its signature (.sig), as TLP:AMBER.")
    else:
        out.print("Nothing was written (dry run).")


def tell_import(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    if not told["new"]:
        out.print("Nothing new: this bundle, or a newer one of the same incident, is known.")
        return
    out.print(f"Taken in from {told['region']}, signed by its key; valid until {told['valid_until'][:16]}.")
    _indicators(told)
    out.print("Whether it is the thief of an incident here: tocsin share --list")


def tell_campaigns(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    if not told["bundles"]:
        out.print("No bundle was received yet: tocsin share --import FILE")
        return
    table = table_of("Received", "region", "incident there", "from", "until", "#accounts", "#patients", "#places")
    for one in told["bundles"]:
        table.add_row(
            one["region"],
            one["campaign"][:12],
            one["first_at"][:16],
            one["last_at"][:16],
            f"{one['accounts']:,}",
            f"{one['patients']:,}",
            f"{len(one['networks']) + len(one['addresses']):,}",
        )
    out.print(table)
    if not told["campaigns"]:
        out.print("No incident here shares a place with them that honest people here do not use.")
    for one in told["campaigns"]:
        apart = one["overlap_h"]
        when = f"{-apart} h apart" if apart < 0 else "at the same time" + (f" for {apart} h" if apart else "")
        out.print(f"{one['id']}: {one['incident']} and {one['region']}'s {one['campaign'][:12]}, {when}")
        for match in one["matches"]:
            out.print(f"  {match['kind']}: {match['value']} ({match['words']})", markup=False)


def tell_key(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    out.print("[share.trusted]", markup=False)
    out.print(f'{told["region"]} = "{told["key"]}"', markup=False, soft_wrap=True)


def _indicators(one: dict[str, Any]) -> None:
    table = table_of("", "what", "value")
    table.add_row("region, incident", f"{one['region']}, {one['campaign'][:12]}...")
    table.add_row("from, until (UTC)", f"{one['first_at'][:16]}, {one['last_at'][:16]}")
    table.add_row("networks", ", ".join(one["networks"]) or "none that only the thief uses")
    table.add_row("addresses", ", ".join(one["addresses"]) or "none that only the thief uses")
    table.add_row("records a minute", f"{one['records_a_minute']} (at most {one['records_at_most']})")
    table.add_row("searches", ", ".join(one["searches"]) or "none that stands out")
    table.add_row("hours of the day (UTC)", ", ".join(map(str, one["hours"])))
    table.add_row("kinds of service", ", ".join(one["kinds"]))
    table.add_row("taken", ", ".join(one["elements"]))
    table.add_row("accounts, patients", f"{one['accounts']:,}, {one['patients']:,} ({one['doubtful']:,} more perhaps)")
    stdout().print(table)
