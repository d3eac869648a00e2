//! Those who work on tasks: a resolver, and an applier with a SonarQube that has no project.

use std::{collections::BTreeMap, time::Duration};

use access::{Cap, Exemptions, Policy};
use applier::rules::{BreakerConfig, Drift, Mode, Rules, Ways};
use runtime::jetstream::Retry;
use runtime::secret::Secret;
use sandbox::SonarQube;

use crate::stage::{Stage, limits};

const GITLAB_TOKEN: &str = "glpat-resolver";
const SONARQUBE_TOKEN: &str = "squ_applier";
const PATIENT: Duration = Duration::from_secs(30);

impl Stage {
    /// From now on tasks are worked on, and end `skipped`. Keep the SonarQube as long as that is to go on.
    pub(crate) async fn work(&self) -> SonarQube {
        self.work_with(8).await
    }

    /// The same with so many attempts at each task.
    pub(crate) async fn work_with(&self, attempts: u64) -> SonarQube {
        self.gitlab.world().add_admin_token(GITLAB_TOKEN);
        let sonarqube = SonarQube::start().await.unwrap();
        sonarqube.world().add_integration("guassp", SONARQUBE_TOKEN);
        resolver::start(resolver(self.gitlab.url(), attempts), &self.runtime).unwrap();
        applier::start(applier(sonarqube.url(), attempts), &self.runtime).unwrap();
        sonarqube
    }
}

fn resolver(gitlab: &str, attempts: u64) -> resolver::Config {
    resolver::Config {
        gitlab: resolver::gitlab::Config {
            url: gitlab.parse().unwrap(),
            token: Secret::from(GITLAB_TOKEN),
            limits: limits(PATIENT),
            parallel_calls: 4,
            cache_rows: 1000,
            cache_age: Duration::from_secs(600),
            budget: resolver::gitlab::Budget::default(),
        },
        workers: 2,
        retry: retry(attempts),
        min_interval: Duration::ZERO,
        exempt: Exemptions::default(),
        policy: Policy::default(),
        expiry: resolver::ExpiryJob {
            at: jiff::civil::time(0, 10, 0, 0),
            zone: jiff::tz::TimeZone::UTC,
            margin: Duration::from_secs(300),
            look_every: PATIENT,
        },
        sweep: resolver::Sweep { every: Duration::ZERO, parallel_calls: 8 },
    }
}

fn applier(sonarqube: &str, attempts: u64) -> applier::Config {
    applier::Config {
        sonarqube: applier::sonarqube::Config {
            url: sonarqube.parse().unwrap(),
            token: Secret::from(SONARQUBE_TOKEN),
            alm_key: None,
            limits: limits(PATIENT),
        },
        people: applier::people::Config {
            provider: "gitlab".to_owned(),
            mapping: applier::people::Mapping::default(),
            exempt: Exemptions::default().users,
            skip_groups: Vec::new(),
            refresh_after: Duration::ZERO,
            max_age: Duration::from_secs(600),
        },
        projects: applier::projects::Config { keys: BTreeMap::new(), key_template: None, by_name: true },
        rules: Rules {
            drift: Drift::Repair,
            closed_groups: std::collections::BTreeSet::new(),
            cap: Cap { revokes: 0, percent: 0, percent_from: 0 },
            revokes_per_hour: 0,
            adopt: false,
        },
        mode: Mode::Apply,
        ways: Ways::Auto,
        breaker: BreakerConfig { failures: 5, probe_every: Duration::from_millis(100) },
        workers: 2,
        parallel_calls: 4,
        catalog_refresh: Duration::from_secs(600),
        pending_every: Duration::from_secs(600),
        retry: retry(attempts),
    }
}

const fn retry(attempts: u64) -> Retry {
    let pause = Duration::from_millis(50);
    Retry { attempts, first_pause: pause, longest_pause: pause }
}
