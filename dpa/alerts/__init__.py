"""Alerts: internal mail that keeps a promise from being forgotten, and the outbox every mail of the product leaves through.

The duty behind it: a processor notifies "without undue delay" (Art. 33(2) GDPR) and in the hours its contracts name. An alert that
is lost costs that promise, so a message is stored in the same transaction as the act it tells of, is sent at least once, keeps one
Message-ID for ever, and what the mail server answered is kept.
"""
