"""Reads documents: claims one at a time from db-api and stores its pages as they come."""
