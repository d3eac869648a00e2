//! Taking hooks away: those that lead here, and no others.

use super::{Done, HookError, Hooks, Mode, Outcome, Place, Places, Wanted};

impl Hooks {
    /// Removes every hook that leads here from the places that are meant. What cannot be looked at or removed is told as
    /// failed, with the reason, and ends nothing.
    pub async fn remove(&self, wanted: &Wanted, places: &Places, mode: Mode) -> Vec<Done> {
        let mut done = Vec::new();
        for place in places.list() {
            match self.of(place).await {
                Ok(hooks) => {
                    let ours = hooks.iter().filter(|hook| wanted.is_ours(hook)).map(|hook| hook.id).collect();
                    done.extend(self.remove_at(place, ours, wanted, places, mode).await);
                }
                Err(error) => done.push(ended(place, wanted, &error)),
            }
        }
        done
    }

    async fn remove_at(
        &self,
        place: &Place,
        ours: Vec<u64>,
        wanted: &Wanted,
        places: &Places,
        mode: Mode,
    ) -> Vec<Done> {
        let mut done = Vec::new();
        for hook in ours {
            if !places.standing.may_write() {
                return vec![by_hand(place, wanted, "the token lacks the scope api")];
            }
            done.push(match mode {
                Mode::DryRun => Done::at(place, Outcome::WouldRemove, Some(hook)),
                Mode::Apply => match self.delete(place, hook).await {
                    Ok(()) => Done::at(place, Outcome::Removed, Some(hook)),
                    Err(error) => Done { hook: Some(hook), ..ended(place, wanted, &error) },
                },
            });
        }
        done
    }
}

/// A refusal is left to a person; anything else has failed.
fn ended(place: &Place, wanted: &Wanted, error: &HookError) -> Done {
    if error.is_refusal() { by_hand(place, wanted, &error.to_string()) } else { Done::failed(place, error) }
}

fn by_hand(place: &Place, wanted: &Wanted, reason: &str) -> Done {
    let details = vec![format!("{reason}: remove the hook to {} from {place} in GitLab by hand", wanted.url)];
    Done { details, ..Done::at(place, Outcome::ByHand, None) }
}
