//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, con, req, server};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn news_are_asked_for_as_real_clients_do() {
    let request = NewsBulletinsRequest { all_messages: true };
    client(ALL, "12|1|1|", &ClientMessage::ReqNewsBulletins(request));
    client(ALL, "13|1|", &ClientMessage::CancelNewsBulletins);
    client(ALL, "85|", &ClientMessage::ReqNewsProviders);
    let request = NewsArticleRequest {
        req_id: req(47),
        provider_code: "BRFG".into(),
        article_id: "BRFG$04fb9da2".into(),
        options: "a=b;c=d;".into(),
    };
    client(ALL, "84|47|BRFG|BRFG$04fb9da2|a=b;c=d;|", &ClientMessage::ReqNewsArticle(Box::new(request)));
    // ibapi 9.81.1 loses the options.
    let request = HistoricalNewsRequest {
        req_id: req(48),
        con_id: con(265_598),
        provider_codes: "BRFG+DJNL".into(),
        start_date_time: "2026-03-01 00:00:00.0".into(),
        end_date_time: "2026-03-02 00:00:00.0".into(),
        total_results: 10,
        options: "a=b;c=d;".into(),
    };
    let golden = "86|48|265598|BRFG+DJNL|2026-03-01 00:00:00.0|2026-03-02 00:00:00.0|10|a=b;c=d;|";
    client(ALL, golden, &ClientMessage::ReqHistoricalNews(Box::new(request)));
}

#[test]
fn older_versions_ask_for_articles_without_options() {
    // nautilus_ibapi 10.46.1 at 127.
    let request = NewsArticleRequest {
        req_id: req(47),
        provider_code: "BRFG".into(),
        article_id: "BRFG$04fb9da2".into(),
        options: String::new(),
    };
    let request = ClientMessage::ReqNewsArticle(Box::new(request));
    client([117, 127], "84|47|BRFG|BRFG$04fb9da2|", &request);
    client([128], "84|47|BRFG|BRFG$04fb9da2||", &request);
}

#[test]
fn bulletins_are_as_real_clients_read_them() {
    let bulletin = NewsBulletin {
        message_id: 3,
        message_type: 1,
        text: "Trading was halted".into(),
        origin_exchange: "NYSE".into(),
    };
    server(ALL, "14|1|3|1|Trading was halted|NYSE|", &ServerMessage::NewsBulletin(Box::new(bulletin)));
}

#[test]
fn providers_and_articles_are_as_real_clients_read_them() {
    let provider = |code: &str, name: &str| NewsProvider { code: code.into(), name: name.into() };
    let providers = vec![provider("BRFG", "Briefing.com"), provider("DJNL", "Dow Jones Newsletters")];
    let golden = "85|2|BRFG|Briefing.com|DJNL|Dow Jones Newsletters|";
    server(ALL, golden, &ServerMessage::NewsProviders(NewsProviders { providers }));
    server(ALL, "85|0|", &ServerMessage::NewsProviders(NewsProviders::default()));
    let article = NewsArticle { req_id: req(47), article_type: 0, text: "<p>Up 3%</p>".into() };
    server(ALL, "83|47|0|<p>Up 3%</p>|", &ServerMessage::NewsArticle(article));
}

#[test]
fn headlines_are_as_real_clients_read_them() {
    let headline = HistoricalNews {
        req_id: req(48),
        time: "2026-03-01 14:31:07.0".into(),
        provider_code: "BRFG".into(),
        article_id: "BRFG$04fb9da2".into(),
        headline: "Apple is up".into(),
    };
    let golden = "86|48|2026-03-01 14:31:07.0|BRFG|BRFG$04fb9da2|Apple is up|";
    server(ALL, golden, &ServerMessage::HistoricalNews(Box::new(headline)));
    let end = HistoricalNewsEnd { req_id: req(48), has_more: true };
    server(ALL, "87|48|1|", &ServerMessage::HistoricalNewsEnd(end));
    let tick = TickNews {
        req_id: req(11),
        timestamp_ms: 1_772_461_867_000,
        provider_code: "BRFG".into(),
        article_id: "BRFG$04fb9da2".into(),
        headline: "Apple is up".into(),
        extra_data: "K:0.5".into(),
    };
    let golden = "84|11|1772461867000|BRFG|BRFG$04fb9da2|Apple is up|K:0.5|";
    server(ALL, golden, &ServerMessage::TickNews(Box::new(tick)));
}
