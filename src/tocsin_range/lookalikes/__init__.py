"""Look-alikes: honest work that resembles a theft; the register below is data."""

from tocsin_range.lookalikes import crowds, desks, movers
from tocsin_range.lookalikes.part import Lookalike

LOOKALIKES: tuple[Lookalike, ...] = (
    Lookalike("vaccination", "Campaign with its cohort", crowds.prepare_vaccination, crowds.vaccination),
    Lookalike("on-call", "Physicians on call at night", movers.prepare_on_call, movers.on_call),
    Lookalike("new-hire", "People who start in the middle of the trail", movers.prepare_new_hire),
    Lookalike("busy-secretary", "Two hundred patients a day, all expected", desks.prepare_busy_secretary),
    Lookalike("identity-vigilance", "Duplicates merged", crowds.prepare_identity_vigilance, crowds.identity_vigilance),
    Lookalike("surge", "Mass casualties, staff called in", crowds.prepare_surge, crowds.surge),
    Lookalike("migration", "A declared job of a service account", crowds.prepare_migration, crowds.migration),
    Lookalike("locum", "Holiday locum under contract", movers.prepare_locum, movers.locum),
    Lookalike("travelling", "Teleconsultations from far away", movers.prepare_travelling, movers.travelling),
    Lookalike("shared-kiosk", "A whole ward at one machine", desks.prepare_shared_kiosk, desks.shared_kiosk),
    Lookalike("quality", "Monthly quality extraction", crowds.prepare_quality, crowds.quality),
    Lookalike(
        "placement-desk", "Files of all in search of a place", desks.prepare_placement_desk, desks.placement_desk
    ),
)
LOOKALIKE = {lookalike.name: lookalike for lookalike in LOOKALIKES}
