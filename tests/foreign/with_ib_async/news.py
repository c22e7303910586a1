"""News and scanners, and what this login may not have."""

from ib_async import ScannerSubscription, WshEventData

from steps import check, equal, step
from .desk import AAPL, desk


async def news(host, port, _gateway):
    async with desk(host, port) as client:
        ib = client.ib
        with step("news providers"):
            providers = await client.answer(ib.reqNewsProvidersAsync(), "providers")
            check("BRFG" in {it.code for it in providers} and all(it.name for it in providers), f"{providers}")
        with step("historical news"):
            found = await client.answer(ib.reqHistoricalNewsAsync(AAPL, "BRFG", "", "", 3), "headlines")
            times = [it.time for it in found]
            check(len(found) == 3 and times == sorted(times, reverse=True), f"headlines {found}")
            headline = found[0]
            check(headline.providerCode == "BRFG" and "APPLE" in headline.headline, f"{headline}")
        with step("news article"):
            article = await client.answer(ib.reqNewsArticleAsync("BRFG", headline.articleId), "article")
            equal(article.articleType, 0, "plain text")
            check("APPLE" in article.articleText, f"{article}")
            ib.reqNewsArticleAsync("BRFG", "BRFG$nothing")
            await client.error(10172)
        with step("news bulletins"):
            ib.reqNewsBulletins(True)
            equal(ib.newsBulletins(), [], "bulletins")
            ib.cancelNewsBulletins()
        with step("scanner parameters"):
            xml = await client.answer(ib.reqScannerParametersAsync(), "parameters")
            check("<ScanParameterResponse>" in xml and "TOP_PERC_GAIN" in xml, xml[:200])
        with step("scanner subscription"):
            wanted = ScannerSubscription(5, "STK", "STK.US.MAJOR", "MOST_ACTIVE")
            rows = ib.reqScannerSubscription(wanted)
            await client.until(lambda: len(rows) == 5, "five rows")
            equal([row.rank for row in rows], [0, 1, 2, 3, 4], "ranks")
            check(all(row.contractDetails.contract.symbol for row in rows), f"rows {rows}")
            ib.cancelScannerSubscription(rows)
            await client.error(162)
        with step("a scanner that does not exist"):
            ib.reqScannerSubscription(ScannerSubscription(5, "STK", "STK.US.MAJOR", "NO_SUCH_SCAN"))
            await client.error(162)
        with step("fundamental data is not subscribed"):
            contract = await client.stock()
            ib.reqFundamentalDataAsync(contract, "ReportSnapshot")
            await client.error(10358)
        with step("corporate events are not subscribed"):
            ib.reqWshMetaData()
            await client.error(10276)
            ib.reqWshEventData(WshEventData(AAPL))
            await client.error(10276)
        with step("user info"):
            # An empty text is an empty list to ib_async.
            check(not await client.answer(ib.reqUserInfoAsync(), "user info"), "white branding")
