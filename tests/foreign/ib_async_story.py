"""The story of an unmodified ib_async 2.1.0 against a Gateway.

Usage: python ib_async_story.py HOST PORT [--control SOCKET] [SUBJECT ...]

Prints a line for each step that went well, and ends with the name of the first one that did not. Without subjects it tells
those that any fresh simulator can serve. Nothing here sleeps: every wait is for something to happen, with a deadline.
"""

from steps import tell
from with_ib_async import account, contracts, families, history, market, news, orders, others, session

# Each with whether any fresh simulator can serve it; the others need settings or the control socket.
SUBJECTS = {
    "fresh": (session.fresh, True),
    "account": (account.account, True),
    "contracts": (contracts.contracts, True),
    "market": (market.market, True),
    "history": (history.history, True),
    "orders": (orders.orders, True),
    "families": (families.families, True),
    "news": (news.news, True),
    "read-only": (session.read_only, False),
    "many-accounts": (session.many_accounts, False),
    "binding": (others.binding, False),
    "master": (others.master, False),
}

if __name__ == "__main__":
    tell(__doc__, SUBJECTS)
