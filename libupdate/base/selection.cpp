#include <update/selection.hpp>

#include "base/grammar.hpp"
#include "base/json_reader.hpp"

namespace update {
namespace {

Status refused(const std::string& what) { return Error{ErrorCode::refused, what}; }

}  // namespace

Status validate(const Selection& selection) {
    if (!is_update_id(selection.update_id))
        return refused("update_id: must be 1..64 characters of [A-Za-z0-9._-], '.' neither first nor last");
    if (!is_plain_name(selection.product))
        return refused("product: must be 1..128 characters of [A-Za-z0-9._+-], a letter or digit first");
    if (!selection.channel.empty() && !is_plain_name(selection.channel))
        return refused("channel: must be 1..128 characters of [A-Za-z0-9._+-], a letter or digit first");
    if (!selection.version.empty() && !is_version_text(selection.version))
        return refused("version: must be a version like 1.2.3");
    return done();
}

std::string to_json(const Selection& selection) {
    return json_text({{"update_id", selection.update_id},
                      {"product", selection.product},
                      {"channel", selection.channel},
                      {"version", selection.version}});
}

Result<Selection> parse_selection(const std::string& text) {
    UPDATE_TRY(json, parse_json_object(text, max_selection_json_bytes), "selection");
    Selection selection;
    FieldReader reader{json};
    reader.text("update_id", selection.update_id);
    reader.text("product", selection.product);
    reader.text("channel", selection.channel, Need::optional);
    reader.text("version", selection.version, Need::optional);
    UPDATE_CHECK(reader.status(), "selection");
    UPDATE_CHECK(validate(selection), "selection");
    return selection;
}

}  // namespace update
