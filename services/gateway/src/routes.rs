//! The HTTP surface: every path, and what stands in front of all of them.

use axum::{Router, extract::DefaultBodyLimit, middleware};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::network, control, dead, directory, events, groups, guard::Guard, health, holds, live, openapi,
    plain, problem::Problem, projects, restore, sonarqube_hook, state::Gateway, status, tasks, webhooks,
};

/// Every path, guarded.
///
/// # Errors
/// When the description of the API cannot be written, which is a fault of this crate.
pub(crate) fn router(gateway: Gateway, guard: Guard) -> Result<Router, serde_json::Error> {
    let callers = gateway.callers.clone();
    let (paths, description) = paths().split_for_parts();
    gateway.document.set(description)?;
    let paths = paths
        .fallback(|| async { Problem::not_found("there is no such path") })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() });
    // Each layer wraps those above it: who calls is known before the guard counts, and its refusals may be text, too.
    // The guard reads every body, and says how large one may be.
    Ok(guard
        .around(paths.layer(DefaultBodyLimit::disable()))
        .layer(middleware::from_fn_with_state(callers, network::locate))
        .layer(middleware::from_fn(plain::refusals))
        .with_state(gateway))
}

fn paths() -> OpenApiRouter<Gateway> {
    OpenApiRouter::new()
        .routes(routes!(tasks::create))
        .routes(routes!(tasks::create_manually))
        .routes(routes!(tasks::show, tasks::cancel))
        .routes(routes!(tasks::list))
        .routes(routes!(groups::sync))
        .routes(routes!(projects::list))
        .routes(routes!(projects::show))
        .routes(routes!(directory::project))
        .routes(routes!(directory::projects))
        .routes(routes!(sonarqube_hook::analysis_ended))
        .routes(routes!(live::access))
        .routes(routes!(live::plan))
        .routes(routes!(holds::approve))
        .routes(routes!(holds::reject))
        .routes(routes!(restore::restore))
        .routes(routes!(control::pause_project))
        .routes(routes!(control::resume_project))
        .routes(routes!(control::pause_everything))
        .routes(routes!(control::resume_everything))
        .routes(routes!(dead::list))
        .routes(routes!(dead::replay))
        .routes(routes!(dead::discard))
        .routes(routes!(events::follow))
        .routes(routes!(webhooks::receive))
        .routes(routes!(webhooks::rehearse::rehearse))
        .routes(routes!(health::health))
        .routes(routes!(status::show))
        .routes(routes!(openapi::openapi))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::openapi::Document;

    #[test]
    fn the_published_description_is_that_of_the_routes() {
        let document = Document::default();
        document.set(paths().into_openapi()).unwrap();
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/openapi.json");
        if std::fs::read_to_string(&path).is_ok_and(|found| found == document.text()) {
            return;
        }
        std::fs::write(path, document.text()).unwrap();
        panic!("deploy/openapi.json was out of date; it has been written anew: commit it");
    }
}
