"""Serve: what is watched as it happens.

    supervisor   starts the two below, starts them again if they die, says how they are
    judge        http, followed files, inbox -> ledger -> parsed -> river -> alerts (an fsynced file)
    actor        alerts from that file -> incidents and acts

They share files only, so that none can stall another; each can be started alone and resumes from what is on disk.
"""
