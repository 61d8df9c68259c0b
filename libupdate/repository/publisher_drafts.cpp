// Drafts: the files of a version until it is published.
#include <algorithm>
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "repository/sweep.hpp"
#include "trust/verify.hpp"

namespace update::repository {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;

/// A draft is a release list of one release, whose artifacts name no targets yet.
constexpr const char* draft_channel = "draft";

constexpr std::string_view draft_suffix = ".json", blob_suffix = ".blob";

Result<std::string> hash_and_copy(Files& files, Cryptography& crypto, const Path& from, const Path& to) {
    UPDATE_TRY(source, files.open(from, OpenMode::read), "artifact");
    UPDATE_CHECK(files.remove(to), "artifact");
    UPDATE_TRY(target, files.open(to, OpenMode::create_new), "artifact");
    const auto digest = crypto.digest(DigestKind::sha256);
    std::vector<std::byte> block(block_bytes);
    for (std::uint64_t at = 0;;) {
        UPDATE_TRY(count, source->read(at, block), "artifact");
        if (count == 0) break;
        digest->update(std::span{block}.first(count));
        UPDATE_CHECK(target->write(at, std::span{block}.first(count)), "artifact");
        at += count;
    }
    UPDATE_CHECK(target->flush(), "artifact");
    return digest->finish();
}

/// Whether its release is on a channel, with the same files.
bool is_published(const ReleaseList& draft, const std::vector<ReleaseList>& published) {
    const Release& wanted = draft.releases.front();
    return std::ranges::any_of(published, [&](const ReleaseList& list) {
        return list.product == draft.product && std::ranges::any_of(list.releases, [&](const Release& one) {
                   return one.version == wanted.version && is_same_content(one, wanted);
               });
    });
}

}  // namespace

Path Publisher::draft_file(const std::string& product, const std::string& version) const {
    return folder_ / "drafts" / fmt::format("{}@{}.json", product, version);
}
Path Publisher::blob_file(const std::string& hash) const { return folder_ / "drafts" / (hash + ".blob"); }

Status Publisher::add(const std::string& product, const std::string& version,
                      const std::vector<ArtifactWish>& wishes) {
    UPDATE_TRY(name, release_name(product, version, draft_channel), "add");
    UPDATE_CHECK(ports_.files.make_private_directory(folder_ / "drafts"), "add");
    const auto file = draft_file(name.product, name.version);
    ReleaseList draft{name.product, draft_channel, {{}}, {}};
    draft.releases[0].version = name.version;
    if (auto text = read_text(ports_.files, file, max_release_list_bytes)) {
        UPDATE_TRY(earlier, parse_release_list(*text), "draft");
        draft = std::move(earlier);
    }
    auto& artifacts = draft.releases.at(0).artifacts;
    for (const ArtifactWish& wish : wishes) {
        const Path copy = folder_ / "drafts" / "incoming";
        UPDATE_TRY(hash, hash_and_copy(ports_.files, ports_.crypto, wish.file, copy), wish.file.string());
        UPDATE_CHECK(ports_.files.rename(copy, blob_file(hash)), "add");
        UPDATE_TRY(info, ports_.files.info(blob_file(hash)), "add");
        ReleaseArtifact artifact = wish.artifact;
        UPDATE_TRY(digest, sha256_from_hex(hash), "add");
        artifact.sha256 = digest;
        artifact.size_bytes = info.size_bytes;
        artifact.target = wish.file.filename().string();
        // In its place, so that adding the same file again changes nothing.
        const auto known = std::ranges::find_if(artifacts, [&artifact](const ReleaseArtifact& other) {
            return other.install_path == artifact.install_path && other.os == artifact.os &&
                   other.arch == artifact.arch;
        });
        if (known != artifacts.end()) {
            *known = std::move(artifact);
        } else {
            artifacts.push_back(std::move(artifact));
        }
    }
    const auto text = to_json(draft);
    UPDATE_TRY(again, parse_release_list(text), "add");  // what `publish` could not read is refused here
    (void)again;
    return write_durably(ports_.files, file, text);
}

/// A version that is on the channel needs no draft to get other terms.
Result<Release> Publisher::drafted(const ReleaseName& name, const ReleaseList& list) {
    auto text = read_text(ports_.files, draft_file(name.product, name.version), max_release_list_bytes);
    if (text) {
        UPDATE_TRY(draft, parse_release_list(*text), "draft");
        return draft.releases.at(0);
    }
    if (text.error().code() != ErrorCode::not_found) return std::move(text).error();
    const auto found = std::ranges::find(list.releases, name.version, &Release::version);
    if (found != list.releases.end()) return *found;
    return std::move(text).error().in(
        fmt::format("{} {} has no draft (updatectl repo add), and is not on {} (updatectl repo promote)",
                    name.product, name.version, name.channel));
}

/// What clients can see now.
Result<std::vector<ReleaseList>> Publisher::published_lists(Edition& edition) {
    std::vector<ReleaseList> lists;
    for (const auto& role : edition.listed_roles()) {
        UPDATE_TRY(document, edition.look(role), role);
        for (const auto& [target, entry] : *document->find("targets")->object()) {
            const Path name{target};
            const auto channel = name.parent_path(), product = channel.parent_path();
            if (target != release_list_target(product.string(), channel.filename().string())) continue;
            UPDATE_TRY(list, read_list(edition, product.string(), channel.filename().string()), target);
            lists.push_back(std::move(list));
        }
    }
    return lists;
}

/// A draft that is changed, or published, is noticed anew. One that cannot be read can never be published.
Status Publisher::sweep_drafts(Sweep& sweep, const std::vector<ReleaseList>& published,
                               const GarbageAge& age) {
    const Path folder = folder_ / "drafts";
    const auto entries = ports_.files.list(folder);
    if (!entries && entries.error().code() == ErrorCode::not_found) return done();
    if (!entries) return entries.error();
    std::set<std::string> needed;
    for (const auto& entry : *entries) {
        if (!entry.ends_with(draft_suffix) || entry.starts_with('.')) continue;
        UPDATE_TRY(text, read_text(ports_.files, folder / entry, max_release_list_bytes), entry);
        const auto draft = parse_release_list(text);
        const bool is_out = draft && is_published(*draft, published);
        const auto note = fmt::format("drafts/{} {} {}", entry, is_out ? "published" : "unpublished",
                                      trust::digest_of(ports_.crypto, DigestKind::sha256, text));
        UPDATE_CHECK(sweep.take(folder / entry, note, is_out ? age.unnamed : age.draft), "draft");
        if (sweep.has_taken(folder / entry) || !draft) continue;
        for (const ReleaseArtifact& artifact : draft->releases.front().artifacts)
            needed.insert(blob_file(to_hex(artifact.sha256)).filename().string());
    }
    for (const auto& entry : *entries)
        if (entry.ends_with(blob_suffix) && !needed.contains(entry))
            UPDATE_CHECK(sweep.take(folder / entry, "drafts/" + entry, age.unnamed), "draft");
    return done();
}

}  // namespace update::repository
