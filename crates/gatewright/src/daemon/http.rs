//! `/health`, `/metrics` and a status page.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, header};
use axum::routing::get;
use gatewright_link::protocol::LayerState;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::control::Ask;
use super::report::{DaemonReport, metrics, page};

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, asks: mpsc::Sender<Ask>) -> std::io::Result<Infallible> {
    let router = Router::new()
        .route("/", get(status_page))
        .route("/health", get(health))
        .route("/metrics", get(prometheus))
        .with_state(asks);
    axum::serve(listener, router).await?;
    unreachable!("axum serves until it is dropped")
}

/// The report, or what to answer where there is none any more.
async fn report(asks: &mpsc::Sender<Ask>) -> Result<DaemonReport, Response<Body>> {
    let leaving =
        |()| answer(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", "the daemon is stopping\n".into());
    let (reply, report) = oneshot::channel();
    asks.send(Ask::Status(reply)).await.map_err(|_| leaving(()))?;
    report.await.map_err(|_| leaving(()))
}

/// 503 where something is known to be broken, so that health checks need not read; what is not known is no 503.
async fn health(State(asks): State<mpsc::Sender<Ask>>) -> Response<Body> {
    match report(&asks).await {
        Err(leaving) => leaving,
        Ok(report) => {
            let status = match report.verdict.well {
                LayerState::No => StatusCode::SERVICE_UNAVAILABLE,
                LayerState::Yes | LayerState::Unknown => StatusCode::OK,
            };
            let json = serde_json::to_string(&report).expect("reports have text keys and finite numbers");
            answer(status, "application/json", json + "\n")
        }
    }
}

async fn prometheus(State(asks): State<mpsc::Sender<Ask>>) -> Response<Body> {
    report(&asks).await.map_or_else(
        |leaving| leaving,
        |report| answer(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", metrics(&report)),
    )
}

async fn status_page(State(asks): State<mpsc::Sender<Ask>>) -> Response<Body> {
    report(&asks)
        .await
        .map_or_else(|leaving| leaving, |report| answer(StatusCode::OK, "text/html; charset=utf-8", page(&report)))
}

fn answer(status: StatusCode, kind: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    // A page of this machine's state has no business in another page's frame or cache.
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}
