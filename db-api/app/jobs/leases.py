"""SQL for jobs under a lease. Who takes over an expired one is the claim's affair
(`sql/queue/claim_reply.sql`, `sql/reading/hand_back_documents.sql`); see `sql/jobs` for how long a
lease lasts, when it has run out, and which attempts count.
"""

# Only the holder writes, and only while the job runs.
HELD = "worker = :worker AND state = 'running'"
# Set with everything the holder stores.
RENEWAL = "lease_until = new_lease()"
