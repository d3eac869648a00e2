//! Whether a hook works: that GitLab has not switched it off, sends what is needed, and signs it.

use serde::Serialize;

use super::{Hook, HookError, Hooks, Place, Places, Wanted, events::Trigger};

/// A hook of this system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Where: `system`, or a group or project by its path.
    pub place: String,
    /// GitLab's id.
    pub hook: u64,
    /// Where it leads.
    pub url: String,
    /// Whether GitLab has switched it off.
    pub switched_off: bool,
    /// What is wrong with it, one sentence each.
    pub problems: Vec<String>,
}

/// What is known of the hooks at all places.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The hooks of this system.
    pub hooks: Vec<Listed>,
    /// Places without one.
    pub without: Vec<String>,
    /// Places whose hooks the token may not see, with GitLab's words.
    pub unseen: Vec<String>,
}

impl Hooks {
    /// The hooks of this system, and how they are.
    ///
    /// # Errors
    /// When GitLab does not answer; what the token may not see is no error.
    pub async fn list(&self, wanted: &Wanted, places: &Places) -> Result<Health, HookError> {
        let mut health = Health::default();
        for place in places.list() {
            match self.of(place).await {
                Ok(hooks) => health.add(place, wanted, &hooks),
                Err(error) if error.is_refusal() => health.unseen.push(format!("{place}: {error}")),
                Err(error) => return Err(error),
            }
        }
        Ok(health)
    }
}

impl Health {
    fn add(&mut self, place: &Place, wanted: &Wanted, hooks: &[Hook]) {
        let ours: Vec<&Hook> = hooks.iter().filter(|hook| wanted.is_ours(hook)).collect();
        if ours.is_empty() {
            self.without.push(place.to_string());
        }
        let several =
            (ours.len() > 1).then(|| format!("there are {} of them: remove all but one", ours.len()));
        for hook in ours {
            let off = switched_off(place, hook);
            let switched_off = off.is_some();
            let problems = off.into_iter().chain(differences(place, wanted, hook)).chain(several.clone());
            self.hooks.push(Listed {
                place: place.to_string(),
                hook: hook.id,
                url: hook.url.clone(),
                switched_off,
                problems: problems.collect(),
            });
        }
    }
}

/// GitLab stops calling hooks that failed several times in a row. System hooks are never switched off.
pub(super) fn switched_off(place: &Place, hook: &Hook) -> Option<String> {
    let status =
        hook.text("alert_status").filter(|status| *status != "executable" && *place != Place::System)?;
    let until = hook.text("disabled_until").map(|until| format!(" until {until}")).unwrap_or_default();
    Some(format!("GitLab has switched it off ({status}{until}): its recent events there say why"))
}

/// What is not as it should be, as far as GitLab shows it. What a version does not show is not missed, but for the one
/// thing that the hook proves itself with.
pub(super) fn differences(place: &Place, wanted: &Wanted, hook: &Hook) -> Vec<String> {
    let mut found = Vec::new();
    let is_off = |(field, _): &Trigger| hook.flag(field) == Some(false);
    let missing = wanted.events.wanted(place).into_iter().filter(is_off);
    found.extend(missing.map(|(_, name)| format!("{name} are not sent")));
    let secure = wanted.url.scheme() == "https";
    if secure && hook.flag("enable_ssl_verification") == Some(false) {
        found.push("SSL verification is off".to_owned());
    }
    if wanted.secret.is_some() && hook.flag("token_present") == Some(false) {
        found.push("it has no secret token".to_owned());
    }
    found.extend(unsigned(wanted, hook));
    found
}

/// A version that knows no signing tokens, or has them switched off (feature flag `webhook_signing_token`), takes one
/// without a word and does not sign.
pub(super) fn unsigned(wanted: &Wanted, hook: &Hook) -> Option<String> {
    wanted.signing_key.as_ref()?;
    match hook.flag("signing_token_present") {
        Some(true) => None,
        Some(false) => Some("it has no signing token".to_owned()),
        None if wanted.secret.is_some() => None,
        None => Some("it has no signing token that this GitLab would show".to_owned()),
    }
}
