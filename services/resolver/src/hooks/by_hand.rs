//! What a person does in GitLab where the token may not: the page, the fields, the boxes. Never a secret, only where it is.

use runtime::secret::Secret;
use url::Url;

use super::{Place, Wanted, events::Trigger};

/// The steps, one a line.
pub(super) fn steps(gitlab: &Url, place: &Place, wanted: &Wanted, reason: &str) -> Vec<String> {
    let mut steps = vec![
        format!("Nothing was changed: {reason}. {} does this by hand:", who(place)),
        format!("Open {}", page(gitlab, place)),
        format!("Choose \"Add new webhook\", or \"Edit\" where one leads to {} already", wanted.url),
        format!("URL: {}", wanted.url),
    ];
    steps.extend(secret("Secret token", wanted.secret.as_ref(), "GUASSP_WEBHOOKS__SECRET"));
    steps.extend(secret("Signing token", wanted.signing_key.as_ref(), "GUASSP_WEBHOOKS__SIGNING_KEY"));
    if wanted.secret.is_none() && wanted.signing_key.is_none() {
        steps.push("Secret token: what GUASSP_WEBHOOKS__SECRET of the gateway is set to".to_owned());
    }
    for (what, triggers) in
        [("Tick", wanted.events.wanted(place)), ("Not needed", wanted.events.others(place))]
    {
        steps.extend(listed(what, &triggers));
    }
    if wanted.url.scheme() == "https" {
        steps.push("Tick: Enable SSL verification".to_owned());
    }
    steps.push("Save, then look whether all is well: guassp doctor --only gitlab".to_owned());
    steps
}

fn listed(what: &str, triggers: &[Trigger]) -> Option<String> {
    let names: Vec<&str> = triggers.iter().map(|(_, name)| *name).collect();
    (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
}

const fn who(place: &Place) -> &'static str {
    match place {
        Place::System => "An administrator of GitLab",
        Place::Group { .. } => {
            "An owner of the group (webhooks of groups take GitLab Premium; else name --project)"
        }
        Place::Project { .. } => "A maintainer of the project",
    }
}

fn page(gitlab: &Url, place: &Place) -> String {
    let base = gitlab.as_str().trim_end_matches('/');
    match place {
        Place::System => format!("{base}/admin/hooks"),
        Place::Group { path, .. } => format!("{base}/groups/{path}/-/hooks"),
        Place::Project { path, .. } => format!("{base}/{path}/-/hooks"),
    }
}

fn secret(field: &str, secret: Option<&Secret>, variable: &str) -> Option<String> {
    Some(match secret?.file() {
        Some(file) => format!("{field}: the content of {}", file.display()),
        None => format!("{field}: the value of {variable}"),
    })
}
