"""Reading documents: the job of doc-worker, who may do this and nothing else."""
