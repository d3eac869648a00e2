//! End dates: a project is looked at again when a membership or an invitation of it has ended.
//!
//! GitLab tells nobody, and goes on granting until its nightly job has removed the row. When that is on an end date, is
//! the rule here; the dates lie in the projects' keys, so a restart forgets none.

use std::time::Duration;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use proto::{Cause, EndsOn, ProjectId};
use runtime::{
    Runtime,
    jetstream::{EnsureError, Ensured, KvError, Seen},
};

/// When a row is looked at again that has ended and is still listed: GitLab's job is late, or does not run.
const LATE: SignedDuration = SignedDuration::from_hours(1);
/// Thousands of memberships end on the last of a year: their projects are spread over so many seconds.
const SPREAD: u64 = 600;

/// When GitLab removes what has ended.
#[derive(Debug, Clone)]
pub struct ExpiryJob {
    /// The time of day at which its nightly job begins.
    pub at: Time,
    /// The zone in which that counts, and in which a date begins.
    pub zone: TimeZone,
    /// How long the job may take.
    pub margin: Duration,
    /// How often the projects' end dates are looked through.
    pub look_every: Duration,
}

impl ExpiryJob {
    /// When to look at a project of which something ends on `on`, as it was read at `now`.
    #[must_use]
    pub fn due(&self, project: ProjectId, on: Date, now: Timestamp) -> Timestamp {
        let job = on.to_datetime(self.at).to_zoned(self.zone.clone());
        let margin = SignedDuration::try_from(self.margin).unwrap_or(SignedDuration::MAX);
        let due = job
            .ok()
            .and_then(|job| job.timestamp().checked_add(margin).ok()?.checked_add(spread(project)).ok());
        match due {
            Some(due) if due > now => due,
            Some(_) => now.saturating_add(LATE).unwrap_or(Timestamp::MAX),
            // Beyond the end of time.
            None => Timestamp::MAX,
        }
    }

    pub(crate) fn ends_on(&self, project: ProjectId, on: Option<Date>, now: Timestamp) -> Option<EndsOn> {
        on.map(|on| EndsOn { on, due: self.due(project, on, now) })
    }
}

/// The same for a project each time, and different for neighbours.
fn spread(project: ProjectId) -> SignedDuration {
    let mixed = project.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    SignedDuration::from_secs(i64::try_from(mixed % SPREAD).unwrap_or_default())
}

/// Asks for a sync of each project of which something has ended, until the life ends.
pub(crate) async fn watch(job: ExpiryJob, runtime: Runtime) {
    loop {
        tokio::select! {
            () = runtime.lifecycle.stopping() => return,
            () = tokio::time::sleep(job.look_every) => {}
        }
        let looked = tokio::select! {
            () = runtime.lifecycle.aborting() => return,
            looked = look(&runtime) => looked,
        };
        if let Err(error) = looked {
            tracing::warn!(%error, "end dates not looked through; again later");
        }
    }
}

async fn look(runtime: &Runtime) -> Result<(), KvError> {
    let now = runtime.clock.now();
    for (project, seen) in runtime.jetstream.projects.all_ends().await? {
        let Some(ends) = seen.value.clone().filter(|ends| ends.due <= now) else { continue };
        // One project that fails keeps no other from its turn.
        if let Err(error) = end(runtime, project, &ends, seen, now).await {
            tracing::warn!(gitlab.project.id = project.0, %error, "an end date is not dealt with; again later");
        }
    }
    Ok(())
}

/// First the task, then the date is put off: a crash between them repeats the first, which is the same task for as long
/// as the server remembers its id. Several resolvers that find the date at the same time make one task, by that id. The
/// task's own reading writes the next date, or takes it away; where the task fails, it is looked at again in an hour.
async fn end(
    runtime: &Runtime,
    project: ProjectId,
    ends: &EndsOn,
    seen: Seen<EndsOn>,
    now: Timestamp,
) -> Result<(), EnsureError> {
    let jetstream = &runtime.jetstream;
    let later = now.saturating_add(LATE).unwrap_or(Timestamp::MAX);
    if !jetstream.catalog.has(project).await? {
        // SonarQube may have it again one day.
        return Ok(jetstream.projects.put_off_ends(project, seen, later).await?);
    }
    let id = format!("ended.{project}.{}", ends.due.as_second());
    let ensured = jetstream.ensure_task(project, Cause::Ended { on: ends.on }, id).await?;
    if let Ensured::Made(task) = ensured {
        tracing::info!(task.id = %task, gitlab.project.id = project.0, on = %ends.on, "something has ended");
    }
    Ok(jetstream.projects.put_off_ends(project, seen, later).await?)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn job(zone: &str, at: Time) -> ExpiryJob {
        let zone = TimeZone::get(zone).unwrap();
        let (margin, look_every) = (Duration::from_secs(300), Duration::from_secs(30));
        ExpiryJob { at, zone, margin, look_every }
    }

    /// Project 0 has no share of the spread.
    fn due(zone: &str, at: Time, on: Date, now: &str) -> String {
        job(zone, at).due(ProjectId(0), on, now.parse().unwrap()).to_string()
    }

    #[test]
    fn it_is_due_after_the_nightly_job_of_the_date_in_gitlabs_zone() {
        let ten_past = time(0, 10, 0, 0);
        for (zone, at, on, wanted) in [
            ("UTC", ten_past, date(2026, 12, 1), "2026-12-01T00:15:00Z"),
            ("Europe/Berlin", ten_past, date(2026, 12, 1), "2026-11-30T23:15:00Z"),
            ("Europe/Berlin", ten_past, date(2027, 7, 1), "2027-06-30T22:15:00Z"),
            ("America/New_York", ten_past, date(2026, 12, 1), "2026-12-01T05:15:00Z"),
            ("Asia/Kolkata", ten_past, date(2026, 12, 1), "2026-11-30T18:45:00Z"),
            // Clocks go from 02:00 to 03:00: half past two is half past three.
            ("Europe/Berlin", time(2, 30, 0, 0), date(2027, 3, 28), "2027-03-28T01:35:00Z"),
            // Clocks go back from 03:00 to 02:00: the first half past two of the two.
            ("Europe/Berlin", time(2, 30, 0, 0), date(2027, 10, 31), "2027-10-31T00:35:00Z"),
            // Midnight does not exist on this day.
            ("America/Santiago", ten_past, date(2027, 9, 5), "2027-09-05T04:15:00Z"),
        ] {
            assert_eq!(due(zone, at, on, "2026-11-22T00:00:00Z"), wanted, "{zone} {at} {on}");
        }
    }

    #[test]
    fn what_has_ended_and_is_still_listed_is_looked_at_in_an_hour() {
        let (at, on) = (time(0, 10, 0, 0), date(2026, 12, 1));
        assert_eq!(due("UTC", at, on, "2026-12-01T00:14:59Z"), "2026-12-01T00:15:00Z");
        assert_eq!(due("UTC", at, on, "2026-12-01T00:15:00Z"), "2026-12-01T01:15:00Z");
        assert_eq!(due("UTC", at, date(2020, 1, 1), "2026-12-01T12:00:00Z"), "2026-12-01T13:00:00Z");
    }

    #[test]
    fn projects_are_spread_over_ten_minutes_each_at_its_own_time() {
        let (job, now) = (job("UTC", time(0, 10, 0, 0)), Timestamp::UNIX_EPOCH);
        let on = date(2026, 12, 31);
        let first = job.due(ProjectId(0), on, now);
        let minute = |id| job.due(ProjectId(id), on, now).duration_since(first).as_mins();
        let mut minutes = [0_u32; 10];
        for id in 1..=10_000 {
            minutes[usize::try_from(minute(id)).unwrap()] += 1;
        }
        assert!(minutes.iter().all(|projects| (700..1300).contains(projects)), "{minutes:?}");
    }

    #[test]
    fn no_date_is_beyond_the_clock() {
        for on in [Date::MIN, Date::MAX] {
            let due = job("Asia/Kolkata", Time::MAX).due(ProjectId(7), on, Timestamp::UNIX_EPOCH);
            assert!(due > Timestamp::UNIX_EPOCH, "{on}: {due}");
        }
    }
}
