"""Cheap repairs of a rejected candidate."""
