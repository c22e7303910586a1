"""News, bulletins and scanners, and what this login may not have."""

from ibapi.scanner import ScannerSubscription

from steps import check, equal, step
from .desk import AAPL, contract, desk


def scanner(code):
    result = ScannerSubscription()
    result.numberOfRows, result.instrument, result.locationCode, result.scanCode = 5, "STK", "STK.US.MAJOR", code
    return result


def news(host, port, _gateway):
    with desk(host, port) as client:
        with step("news providers"):
            client.reqNewsProviders()
            [providers] = client.until("newsProviders")
            check("BRFG" in {it.code for it in providers} and all(it.name for it in providers), "providers")
        with step("historical news"):
            request = client.request()
            ask = lambda: client.reqHistoricalNews(request, AAPL, "BRFG", "", "", 3, [])
            rows = client.rows(ask, "historicalNews", "historicalNewsEnd", lambda id, more: more)
            equal([(row[0], row[2]) for row in rows], [(request, "BRFG")] * 3, "headlines")
            times = [row[1] for row in rows]
            equal(times, sorted(times, reverse=True), "newest first")
            client.reqHistoricalNews(request, AAPL, "NOSUCH", "", "", 3, [])
            client.refused(request, 321)
        with step("news article"):
            client.reqNewsArticle(request, "BRFG", rows[0][3], [])
            _, kind, text = client.until("newsArticle")
            check(kind == 0 and "APPLE" in text, f"article {kind}: {text}")
            client.reqNewsArticle(request, "BRFG", "BRFG$nothing", [])
            client.refused(request, 10172)
        with step("news bulletins"):
            client.reqNewsBulletins(True)
            client.reqManagedAccts()
            client.until("managedAccounts")
            equal(client.take("updateNewsBulletin"), [], "bulletins")
            client.cancelNewsBulletins()
        with step("scanner parameters"):
            client.reqScannerParameters()
            [xml] = client.until("scannerParameters")
            check("<ScanParameterResponse>" in xml and "TOP_PERC_GAIN" in xml, xml[:200])
        with step("scanner subscription"):
            request = client.request()
            ask = lambda: client.reqScannerSubscription(request, scanner("MOST_ACTIVE"), [], [])
            rows = client.rows(ask, "scannerData", "scannerDataEnd")
            equal([row[1] for row in rows], [0, 1, 2, 3, 4], "ranks")
            check(all(row[2].contract.conId and row[2].contract.symbol for row in rows), "contracts")
            client.cancelScannerSubscription(request)
            client.refused(request, 162)
        with step("a scanner that does not exist"):
            request = client.request()
            client.reqScannerSubscription(request, scanner("NO_SUCH_SCAN"), [], [])
            client.refused(request, 162)
        with step("fundamental data is not subscribed"):
            # Corporate events (WSH) came with server version 161, after this client.
            client.reqFundamentalData(request, contract("AAPL"), "ReportSnapshot", [])
            client.refused(request, 10358)
