#!/usr/bin/env python3
"""Long while the price is above everything of the last N bars, flat once it is below their middle.

Needs nothing but Python's standard library. Run it by `gatewright trade AAPL --sim --strategy-cmd ./breakout.py`.
The conversation is in docs/strategies.md: one JSON object a line on standard input, one answer a line on standard output.
"""

import collections
import json
import sys

BARS = 12
SHARES = 10


class Breakout:
    """Decides about one symbol."""

    def __init__(self, history, position):
        self.bars = collections.deque(history, maxlen=BARS)
        self.is_long = position > 0

    def on_bar(self, bar):
        """What to hold from here on, and why; None without an opinion."""
        full = len(self.bars) == BARS
        highest = max((past["high"] for past in self.bars), default=0)
        lowest = min((past["low"] for past in self.bars), default=0)
        self.bars.append(bar)
        if not full:
            return None
        middle = (highest + lowest) / 2
        if bar["close"] > highest:
            self.is_long = True
        elif bar["close"] < middle:
            self.is_long = False
        if self.is_long:
            return SHARES, f"{bar['close']} against a high of {highest}"
        return 0, f"{bar['close']} against a middle of {middle:.2f}"


def main():
    strategies = {}
    for line in sys.stdin:
        event = json.loads(line)
        answer = {"id": event["id"]}
        kind, symbol = event["event"], event.get("symbol")
        if kind == "hello":
            answer.update(name="breakout", warm_up_bars=BARS)
        elif kind == "start":
            strategies[symbol] = Breakout(event["history"], event["position"])
        elif kind == "bar":
            wish = strategies[symbol].on_bar(event)
            if wish is not None:
                target, reason = wish
                answer["signals"] = [{"symbol": symbol, "target": target, "reason": reason}]
        elif kind == "fill":
            # Standard error goes to the trader's log.
            print(f"{symbol}: {event['quantity']} at {event['price']}", file=sys.stderr)
        # Ticks, health and the timer are of no interest here, and answered all the same.
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
