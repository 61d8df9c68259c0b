#include "flow/diagram.hpp"

#include <map>
#include <set>

#include "flow/decide.hpp"

namespace update {
namespace {

constexpr std::string_view introduction =
    R"(<!-- Generated from libupdate/flow/table.cpp: build/dev/bin/flow-diagram > docs/flow.md -->
# What an update does

In each state its owner performs one effect. The state is in the journal before the effect begins, so that after a
crash the same state is simply entered again. Success leads on like this:

)";
constexpr std::string_view about_table = R"(
After so many failures a state is given up, and after more than RESUMES crashes in it. A limit is the configured time
that the state may take, counted from its first entry.

)";
constexpr std::string_view about_diagram = R"(
With the ways out. An arrow without a word is success.

)";

std::string text_of(State state) { return std::string{row(state).name}; }

/// Mermaid takes '-' in a name for the start of an arrow.
std::string node(State state) {
    std::string id = text_of(state);
    for (char& c : id)
        if (c == '-') c = '_';
    return id;
}

std::string arrow(const std::string& from, const std::string& to, const std::string& label) {
    return "    " + from + " --> " + to + (label.empty() ? "" : " : " + label) + "\n";
}

/// Where a state leads, one arrow for each target; success alone needs no word.
std::map<State, std::string> ways_out(const Row& here) {
    std::map<State, std::string> labels;
    const auto add = [&](State to, std::string_view label) {
        std::string& text = labels[to];
        text += (text.empty() ? "" : ", ") + std::string{label};
    };
    add(here.next, name(Event::succeeded));
    if (here.give_up != here.next) add(here.give_up, name(Event::failed));
    for (const Exception& x : exceptions())
        if (x.from == here.state) add(x.to, name(x.on));
    if (labels[here.next] == name(Event::succeeded)) labels[here.next].clear();
    return labels;
}

std::string state_diagram() {
    std::string text = "stateDiagram-v2\n";
    for (const Row& here : rows())
        if (node(here.state) != here.name)
            text += "    state \"" + text_of(here.state) + "\" as " + node(here.state) + "\n";
    text += arrow("[*]", node(Progress{}.state), "");
    for (const Row& here : rows()) {
        if (is_terminal(here.state)) {
            text += arrow(node(here.state), "[*]", "");
            continue;
        }
        for (const auto& [to, label] : ways_out(here)) text += arrow(node(here.state), node(to), label);
    }
    return text;
}

std::string_view name(Limit limit) {
    if (limit == Limit::ready) return "`ready_timeout`";
    if (limit == Limit::ack) return "`ack_timeout`";
    return "";
}

std::string table() {
    std::string text =
        "| state | owner | effect | on success | when given up | failures | limit |\n"
        "|---|---|---|---|---|---|---|\n";
    for (const Row& here : rows()) {
        const auto unless_end = [&](std::string cell) { return is_terminal(here.state) ? "" : cell; };
        text += "| " + text_of(here.state) + " | " + std::string{name(here.owner)} + " | `" +
                std::string{name(here.effect)} + "` | " + unless_end(text_of(here.next)) + " | " +
                unless_end(text_of(here.give_up)) + " | " + unless_end(std::to_string(here.attempts_max)) +
                " | " + std::string{name(here.limit)} + " |\n";
    }
    return text;
}

std::string fenced(const std::string& language, const std::string& text) {
    return "```" + language + "\n" + text + "```\n";
}

}  // namespace

std::string flow_sketch() {
    std::string text;
    std::set<State> drawn;
    const auto begin_line = [&](Owner owner) {
        std::string head{name(owner)};
        text += head.append(9 - head.size(), ' ');
    };
    for (const Row& first : rows()) {
        if (drawn.contains(first.state) || is_terminal(first.state)) continue;
        if (!text.empty()) text += "\n";
        begin_line(first.owner);
        text += text_of(first.state);
        drawn.insert(first.state);
        for (State from = first.state; !is_terminal(from); from = row(from).next) {
            const State to = row(from).next;
            const bool handed_over = row(to).owner != row(from).owner;
            text += handed_over ? "\n" : " ";
            if (handed_over) begin_line(row(to).owner);
            text += "→ " + text_of(to);
            if (!drawn.insert(to).second) break;
        }
        text += "\n";
    }
    return text;
}

std::string flow_document() {
    std::string rules{about_table};
    rules.replace(rules.find("RESUMES"), 7, std::to_string(resumes_max));
    return std::string{introduction} + fenced("", flow_sketch()) + rules + table() +
           std::string{about_diagram} + fenced("mermaid", state_diagram());
}

}  // namespace update
