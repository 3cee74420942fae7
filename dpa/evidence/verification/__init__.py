"""Verification of documents: the strict examination of a file, and the verdict that the register allows.

A file is examined in a process of its own with limits on time and memory; nothing is ever fetched.
"""
