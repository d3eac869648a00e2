//! The applier dies while it writes by a template.

use e2e::{
    Target,
    sudden_death::{self, Left},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_while_a_template_is_written_leaves_all_or_nothing() {
    let Left { before, planned } =
        sudden_death::a_template_is_applied_whole_or_not_at_all(&Target::Model, 20).await;
    assert!(before > 0 && planned > 0, "{before} before the template was applied, {planned} after it");
}
