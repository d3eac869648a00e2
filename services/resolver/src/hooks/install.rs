//! Making hooks as they should be: there is one, it sends what is needed, proves itself, and GitLab calls it.

use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::{
    Done, Hook, HookError, Hooks, Mode, Outcome, Place, Places, Wanted, by_hand,
    health::{differences, switched_off, unsigned},
};

/// What GitLab has at a place.
enum Found {
    Nothing,
    Ours(Present),
}

/// The hook that is there, and what is to be done about it.
struct Present {
    hook: u64,
    /// Why it is written anew; empty where it is not.
    why: Vec<String>,
    /// GitLab does not call it.
    off: bool,
    /// Other hooks that lead here as well.
    doubles: Vec<u64>,
}

impl Hooks {
    /// Makes the hooks as they should be, at each place that is meant. A place that the token may not change is left as it
    /// is, and told with the steps that a person takes; one where something else went wrong is told as failed.
    ///
    /// # Errors
    /// When a hook would have to be made that has nothing to prove itself with. Nothing has been changed then.
    pub async fn install(
        &self,
        wanted: &Wanted,
        places: &Places,
        mode: Mode,
    ) -> Result<Vec<Done>, HookError> {
        let mut all = Vec::new();
        for place in places.list() {
            all.push((place, self.of(place).await.map(|hooks| Found::of(place, wanted, &hooks))));
        }
        let may_write = places.standing.may_write();
        let makes_one = all.iter().any(|(_, found)| matches!(found, Ok(Found::Nothing)));
        if makes_one && may_write && !wanted.proves_itself() {
            return Err(HookError::NoSecret);
        }
        let mut done = Vec::new();
        for (place, found) in all {
            let result = match found {
                Ok(Found::Ours(present)) if present.is_well() => Ok(present.told(place)),
                Ok(_) if !may_write => Ok(self.by_hand(place, wanted, "the token lacks the scope api")),
                Ok(found) if mode == Mode::DryRun => Ok(found.would(place)),
                Ok(Found::Nothing) => self.make(place, wanted).await,
                Ok(Found::Ours(present)) => self.mend(place, wanted, present).await,
                Err(error) => Err(error),
            };
            done.push(result.unwrap_or_else(|error| self.ended(place, wanted, &error)));
        }
        Ok(done)
    }

    async fn make(&self, place: &Place, wanted: &Wanted) -> Result<Done, HookError> {
        let made = self.create(place, &new(place, wanted)).await?;
        let mut done = Done::at(place, Outcome::Installed, Some(made.id));
        done.prove(wanted, &made);
        Ok(done)
    }

    /// The hook itself first: a test request that carries the wrong secret wakes nothing.
    async fn mend(&self, place: &Place, wanted: &Wanted, present: Present) -> Result<Done, HookError> {
        let Present { hook, why, off, doubles } = present;
        let mut done = Done { details: why, ..Done::at(place, Outcome::Updated, Some(hook)) };
        if !done.details.is_empty() {
            let changed = self.change(place, hook, &Value::Object(fields(place, wanted))).await?;
            done.prove(wanted, &changed);
        }
        for double in doubles {
            match self.delete(place, double).await {
                Ok(()) => done.details.push(format!("hook {double}, which led here as well, was removed")),
                Err(error) => done.but(format!("hook {double} leads here as well: {error}")),
            }
        }
        if off {
            match self.test(place, hook).await {
                Ok(()) if done.result == Outcome::Updated => done.result = Outcome::Woken,
                Ok(()) => {}
                Err(error) => {
                    done.but(format!("GitLab has switched it off, and a test request failed: {error}"));
                }
            }
        }
        Ok(done)
    }

    /// A refusal is left to a person; anything else has failed.
    fn ended(&self, place: &Place, wanted: &Wanted, error: &HookError) -> Done {
        if error.is_refusal() {
            self.by_hand(place, wanted, &error.to_string())
        } else {
            Done::failed(place, error)
        }
    }

    fn by_hand(&self, place: &Place, wanted: &Wanted, reason: &str) -> Done {
        let details = by_hand::steps(&self.gitlab, place, wanted, reason);
        Done { details, ..Done::at(place, Outcome::ByHand, None) }
    }
}

impl Done {
    /// Looks whether GitLab has taken the signing token, which it may ignore without a word.
    fn prove(&mut self, wanted: &Wanted, written: &Hook) {
        let Some(problem) = unsigned(wanted, written) else { return };
        if wanted.secret.is_some() {
            self.details.push(format!("{problem}: GitLab ignores it, and the secret token alone counts"));
        } else {
            self.but(format!(
                "{problem}: GitLab ignores it, and the gateway refuses what comes unsigned; use a secret token \
                 (GUASSP_WEBHOOKS__SECRET, here and at the gateway)"
            ));
        }
    }
}

impl Found {
    /// Of several hooks that lead here the first one stays that GitLab calls. It never shows a secret, so one that is
    /// configured is written anew each time.
    fn of(place: &Place, wanted: &Wanted, hooks: &[Hook]) -> Self {
        let is_off = |hook: &Hook| switched_off(place, hook).is_some();
        let ours: Vec<&Hook> = hooks.iter().filter(|hook| wanted.is_ours(hook)).collect();
        let Some(hook) = ours.iter().min_by_key(|hook| is_off(hook)) else { return Self::Nothing };
        let mut why = differences(place, wanted, hook);
        if wanted.proves_itself() {
            why.push("its secrets are written anew, as GitLab does not show them".to_owned());
        }
        let doubles = ours.iter().map(|ours| ours.id).filter(|id| *id != hook.id).collect();
        Self::Ours(Present { hook: hook.id, why, off: is_off(hook), doubles })
    }

    /// What would be done, and is not.
    fn would(self, place: &Place) -> Done {
        let Self::Ours(Present { hook, mut why, off, doubles }) = self else {
            return Done::at(place, Outcome::WouldInstall, None);
        };
        why.extend(doubles.iter().map(|id| format!("hook {id}, which leads here as well, would be removed")));
        if off {
            why.push("GitLab has switched it off: a test request would be sent".to_owned());
        }
        Done { details: why, ..Done::at(place, Outcome::WouldUpdate, Some(hook)) }
    }
}

impl Present {
    const fn is_well(&self) -> bool {
        self.why.is_empty() && !self.off && self.doubles.is_empty()
    }

    fn told(&self, place: &Place) -> Done {
        Done::at(place, Outcome::Unchanged, Some(self.hook))
    }
}

/// A new hook: what is not wanted of it is switched off, as GitLab would switch some of it on.
fn new(place: &Place, wanted: &Wanted) -> Value {
    let off = wanted.events.others(place).into_iter().map(|(field, _)| (field.to_owned(), false.into()));
    Value::Object(off.chain(fields(place, wanted)).collect())
}

/// Everything that is wanted of it. The only place where the secrets leave this process, and they go to GitLab.
fn fields(place: &Place, wanted: &Wanted) -> Map<String, Value> {
    let on = wanted.events.wanted(place).into_iter().map(|(field, _)| (field.to_owned(), true.into()));
    let mut body: Map<String, Value> = on.collect();
    body.insert("url".to_owned(), wanted.url.as_str().into());
    body.insert("enable_ssl_verification".to_owned(), (wanted.url.scheme() == "https").into());
    for (field, secret) in [("token", &wanted.secret), ("signing_token", &wanted.signing_key)] {
        if let Some(secret) = secret {
            body.insert(field.to_owned(), secret.current().expose_secret().into());
        }
    }
    body
}
