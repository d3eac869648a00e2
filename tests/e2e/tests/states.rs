//! Random states of a project on the sandbox's SonarQube.

use e2e::{Target, states};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_random_states_end_as_the_rules_say() {
    states::random_states_end_as_the_rules_say(&Target::Model, 300).await;
}
