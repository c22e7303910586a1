//! News: three providers, and a headline for each share on each trading day, all of them made up.

use gatewright_proto::message::news::{
    HistoricalNews, HistoricalNewsEnd, HistoricalNewsRequest, NewsArticle, NewsArticleRequest, NewsProvider,
    NewsProviders,
};
use gatewright_proto::{ConId, ServerMessage};
use jiff::civil::Date;

use super::action::ConnId;
use super::world::World;
use crate::calendar::{Hours, Which};
use crate::market::pick;
use crate::new_york::NewYork;

/// The providers that every login has.
const PROVIDERS: [(&str, &str); 3] = [
    ("BRFG", "Briefing.com General Market Columns"),
    ("BRFUPDN", "Briefing.com Analyst Actions"),
    ("DJNL", "Dow Jones Newsletters"),
];

/// What happens in this market.
const EVENTS: [&str; 6] = [
    "shares move with the market",
    "analyst repeats a neutral rating",
    "to present at an industry conference",
    "names no reason for unusual volume",
    "confirms the date of its next report",
    "opens a new office",
];

/// The most headlines of one answer (IBKR documents 300).
const MOST_HEADLINES: i32 = 300;

/// How many days one request looks back.
const REACH: i64 = 400;

impl World {
    /// Sends the providers.
    pub(super) fn send_news_providers(&mut self, id: ConnId) {
        let provider = |(code, name): (&str, &str)| NewsProvider { code: code.into(), name: name.into() };
        let providers = PROVIDERS.into_iter().map(provider).collect();
        self.send(id, &ServerMessage::NewsProviders(NewsProviders { providers }));
    }

    /// Sends headlines, newest first, then the end marker with whether there are more.
    pub(super) fn send_historical_news(&mut self, id: ConnId, request: &HistoricalNewsRequest) {
        let req_id = request.req_id;
        let Some(instrument) = self.catalogue.get(request.con_id).cloned() else {
            return self.refuse_invalid(id, req_id, "Invalid contract id");
        };
        let codes: Vec<&str> = request.provider_codes.split(['+', ',']).map(str::trim).collect();
        let Some(code) = PROVIDERS.iter().map(|(code, _)| *code).find(|code| codes.contains(code)) else {
            return self.refuse_invalid(id, req_id, "Not allowed or unknown news provider");
        };
        let bound = |text: &str, open: i64| self.news_time(text).unwrap_or(open);
        let now = self.now.second();
        let end = bound(&request.end_date_time, now).min(now);
        let start = bound(&request.start_date_time, end - REACH * 86_400);
        let most = usize::try_from(request.total_results.clamp(1, MOST_HEADLINES)).unwrap_or(1);
        let (mut day, mut found, mut more) = (self.new_york.day(end), Vec::new(), false);
        for _ in 0..REACH {
            let session = Hours::UsStock.session(&self.new_york, day, Which::Regular);
            if let Some(second) = session.map(|(open, _)| open + 600).filter(|second| (start..=end).contains(second)) {
                more = found.len() == most;
                if more {
                    break;
                }
                let headline = format!("{} {}", instrument.long_name, event(request.con_id, day));
                let time = self.new_york.civil(second).strftime("%Y-%m-%d %H:%M:%S.0").to_string();
                let article_id = article_id(code, request.con_id, day);
                let provider_code = code.to_owned();
                found.push(HistoricalNews { req_id, time, provider_code, article_id, headline });
            }
            day = NewYork::days_later(day, -1);
        }
        for news in found {
            self.send(id, &ServerMessage::HistoricalNews(Box::new(news)));
        }
        self.send(id, &ServerMessage::HistoricalNewsEnd(HistoricalNewsEnd { req_id, has_more: more }));
    }

    /// Sends the text of one article.
    pub(super) fn send_news_article(&mut self, id: ConnId, request: &NewsArticleRequest) {
        let req_id = request.req_id;
        let named = request.article_id.split_once('$').and_then(|(code, rest)| {
            let (con_id, day) = rest.split_once('$')?;
            let day = Date::strptime("%Y%m%d", day).ok()?;
            (code == request.provider_code).then_some((ConId::new(con_id.parse().ok()?), day))
        });
        let instrument = named.and_then(|(con_id, day)| Some((self.catalogue.get(con_id)?.clone(), day)));
        let Some((instrument, day)) = instrument else {
            return self.refuse(id, req_id, 10172, "Failed to request news article:No data available");
        };
        let text = format!("{} {}. {day}.", instrument.long_name, event(instrument.con_id, day));
        self.send(id, &ServerMessage::NewsArticle(NewsArticle { req_id, article_type: 0, text }));
    }

    /// Reads `YYYY-MM-DD HH:MM:SS[.0]`, and the times of other requests.
    fn news_time(&self, text: &str) -> Option<i64> {
        let plain = text.trim().trim_end_matches(".0").replacen('-', "", 2);
        self.new_york.parse(&plain)
    }
}

fn event(con_id: ConId, day: Date) -> &'static str {
    let number = i64::from(day.year()) * 372 + i64::from(day.month()) * 31 + i64::from(day.day());
    let seed = u64::from(con_id.get().unsigned_abs());
    EVENTS[usize::try_from(pick(seed, number, 401, 6)).unwrap_or(0)]
}

fn article_id(code: &str, con_id: ConId, day: Date) -> String {
    format!("{code}${con_id}${}", day.strftime("%Y%m%d"))
}
