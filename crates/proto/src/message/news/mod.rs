//! News: bulletins of IBKR and the exchanges, articles of providers.
//!
//! - `bulletin` – bulletins
//! - `article` – providers and their articles
//! - `headline` – headlines, past and as they come

mod article;
mod bulletin;
mod headline;
#[cfg(test)]
mod tests;

pub use article::{NewsArticle, NewsArticleRequest, NewsProvider, NewsProviders};
pub use bulletin::{NewsBulletin, NewsBulletinsRequest};
pub use headline::{HistoricalNews, HistoricalNewsEnd, HistoricalNewsRequest, TickNews};
