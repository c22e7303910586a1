//! News and scanners, and what this login may not have.

use ibapi::scanner::ScannerSubscription;

use crate::desk::{AAPL, Desk};
use crate::step::{all, attempt, next, refused, step};

pub(crate) async fn news(address: &str) {
    let desk = Desk::connect(address).await;
    let client = &desk.client;
    step("news providers", async {
        let providers = client.news_providers().await.unwrap();
        assert!(providers.iter().any(|it| it.code == "BRFG") && providers.iter().all(|it| !it.name.is_empty()));
    })
    .await;
    let headline = step("historical news", async {
        let now = client.connection_time().unwrap();
        let month_ago = now - std::time::Duration::from_secs(30 * 86_400);
        let mut found = client.historical_news(AAPL, &["BRFG"], month_ago, now, 3).await.unwrap();
        let found = all(&mut found, "headlines").await;
        assert!(found.len() == 3 && found.iter().rev().is_sorted_by_key(|it| it.time), "{found:?}");
        assert!(found[0].provider_code == "BRFG" && found[0].headline.contains("APPLE"), "{found:?}");
        found[0].article_id.clone()
    })
    .await;
    step("news article", async {
        let article = client.news_article("BRFG", &headline).await.unwrap();
        assert!(article.article_text.contains("APPLE"), "{article:?}");
        refused(client.news_article("BRFG", "BRFG$nothing").await, 10172);
    })
    .await;
    step("news bulletins", async {
        let bulletins = client.news_bulletins(true).await.unwrap();
        client.next_valid_order_id().await.unwrap();
        bulletins.cancel().await;
    })
    .await;
    step("scanner parameters", async {
        let xml = client.scanner_parameters().await.unwrap();
        assert!(xml.contains("<ScanParameterResponse>") && xml.contains("TOP_PERC_GAIN"));
    })
    .await;
    step("scanner subscription", async {
        let mut scanner = client.scanner_subscription(&scan("MOST_ACTIVE"), &[]).await.unwrap();
        let rows = next(&mut scanner, "rows").await;
        assert_eq!(rows.iter().map(|row| row.rank).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert!(rows.iter().all(|row| !row.contract_details.contract.symbol.as_str().is_empty()), "{rows:?}");
    })
    .await;
    step("a scanner that does not exist", async {
        let mut scanner = client.scanner_subscription(&scan("NO_SUCH_SCAN"), &[]).await.unwrap();
        refused(attempt(&mut scanner, "an error").await, 162);
    })
    .await;
    step("corporate events are not subscribed", async {
        refused(client.wsh_metadata().await, 10276);
        refused(client.wsh_event_data_by_contract(AAPL).fetch().await, 10276);
    })
    .await;
    step("user info", async {
        assert_eq!(client.user_info().await.unwrap().white_branding_id, "");
    })
    .await;
    desk.leave().await;
}

fn scan(code: &str) -> ScannerSubscription {
    ScannerSubscription {
        number_of_rows: 5,
        instrument: Some("STK".into()),
        location_code: Some("STK.US.MAJOR".into()),
        scan_code: Some(code.into()),
        ..ScannerSubscription::default()
    }
}
