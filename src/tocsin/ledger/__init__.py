"""The only truth: original bytes, in the order they were accepted."""

from tocsin.ledger.disk import Disk
from tocsin.ledger.ledger import SEGMENT_AGE, SEGMENT_BYTES, Ledger
from tocsin.ledger.order import Batch, Piece, Position, SegmentRecord
from tocsin.ledger.recovery import Recovered
from tocsin.ledger.verify import SegmentCheck, check_segment, verify
from tocsin.ledger.view import LedgerView
from tocsin.ledger.writing import BatchWriter

__all__ = [
    "SEGMENT_AGE", "SEGMENT_BYTES", "Batch", "BatchWriter", "Disk", "Ledger", "LedgerView", "Piece", "Position",
    "Recovered", "SegmentCheck", "SegmentRecord", "check_segment", "verify",
]  # fmt: skip
