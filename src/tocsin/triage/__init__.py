"""Triage: alerts become incidents that group the accounts that share a thief. Pure."""
