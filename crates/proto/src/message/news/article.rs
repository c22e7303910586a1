//! Providers of news, and their articles.

use crate::ids::RequestId;
use crate::message::layout::layout;

layout! {
    /// 85 from the server: the providers that this login may read.
    pub struct NewsProviders {
        /// The providers.
        pub providers: Vec<NewsProvider>,
    }
}

layout! {
    /// A provider of news.
    pub struct NewsProvider {
        /// The code by which requests name it.
        pub code: String,
        /// The name for people.
        pub name: String,
    }
}

layout! {
    /// 84 to the server: asks for one article.
    pub struct NewsArticleRequest {
        /// The request.
        pub req_id: RequestId,
        /// The provider's code.
        pub provider_code: String,
        /// The article's id, as its headline gave it.
        pub article_id: String,
        /// `tag=value;` pairs.
        @since NEWS_QUERY_ORIGINS pub options: String,
    }
}

layout! {
    /// 83 from the server: one article.
    pub struct NewsArticle {
        /// The request.
        pub req_id: RequestId,
        /// 0 for plain text or HTML, 1 for binary data in Base64.
        pub article_type: i32,
        /// The article.
        pub text: String,
    }
}
