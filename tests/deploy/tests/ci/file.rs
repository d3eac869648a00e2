//! What GitLab itself makes of the file: nothing here runs a pipeline, so only what a change may break unseen.

use std::collections::BTreeMap;

use crate::job::File;

#[test]
fn the_variant_with_an_id_token_gives_the_script_what_it_looks_for() {
    let file = File::read();
    let variant = file.job(".guassp-id-token");
    assert_eq!(variant.extends, file.job("guassp").extends);
    let audience = BTreeMap::from([("aud".to_owned(), "$GUASSP_AUDIENCE".to_owned())]);
    assert_eq!(variant.id_tokens, BTreeMap::from([("GUASSP_ID_TOKEN".to_owned(), audience)]));
}

/// A default that stood in the job would win over the variables of the pipeline that includes it.
#[test]
fn settings_have_their_defaults_where_a_pipeline_can_override_them() {
    let file = File::read();
    let of_the_job = &file.job(".guassp").variables;
    assert!(of_the_job.keys().all(|name| !name.starts_with("GUASSP_")), "{of_the_job:?}");
    for name in file.variables.keys() {
        let used = [format!("${name}"), format!("${{{name}")];
        assert!(used.iter().any(|used| File::text().contains(used)), "{name} is a setting of nothing");
    }
}

#[test]
fn the_script_is_short_enough_to_be_read() {
    let lines = File::read().job(".guassp").script.join("\n").lines().count();
    assert!(lines <= 60, "{lines} lines");
}
