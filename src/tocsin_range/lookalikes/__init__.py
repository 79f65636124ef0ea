"""Look-alikes: honest work that resembles a theft; the register below is data."""

from tocsin_range.lookalikes.part import Lookalike

LOOKALIKES: tuple[Lookalike, ...] = ()
LOOKALIKE = {lookalike.name: lookalike for lookalike in LOOKALIKES}
