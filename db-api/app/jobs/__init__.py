"""What every leased job has in common, whatever the work: replies now, others later."""
