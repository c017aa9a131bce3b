use super::*;

#[test]
fn shows_fields_lists_and_inner_parts_as_indented_lines() {
    let value = serde_json::json!({"height": "7", "ready": true, "why": [], "tip": {"id": "ab"},
        "peers": [{"key": "cd"}]});
    let text = lines(&value);
    for line in
        ["height: 7", "ready: yes", "why: none", "tip:", "  id: ab", "peers:", "    key: cd"]
    {
        assert!(text.lines().any(|found| found == line), "{line:?} is missing in\n{text}");
    }
}

#[test]
fn stops_at_its_depth_instead_of_following_for_ever() {
    let mut value = serde_json::json!("end");
    for _ in 0..100 {
        value = serde_json::json!({"inner": value});
    }
    assert!(lines(&value).lines().count() <= MAX_DEPTH + 1);
}
