#include "service/task_xml.hpp"

#include <fmt/format.h>

#include "service/scm_command_line.hpp"

namespace update {
namespace {

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace

// Defaults that would end or delay it are said away: a time limit of three days, no start on batteries, low
// priority (7), waiting for an idle machine. The schema: [MS-TSCH] 2.5.
std::string task_xml(const std::string& program, const std::vector<std::string>& arguments,
                     const std::string& description) {
    return fmt::format(R"(<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>{}</Description></RegistrationInfo>
  <Triggers/>
  <Principals>
    <Principal id="System"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <IdleSettings><StopOnIdleEnd>false</StopOnIdleEnd><RestartOnIdle>false</RestartOnIdle></IdleSettings>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>5</Priority>
    <Hidden>true</Hidden>
  </Settings>
  <Actions Context="System">
    <Exec><Command>{}</Command><Arguments>{}</Arguments></Exec>
  </Actions>
</Task>
)",
                       escaped(description), escaped(program), escaped(windows_command_line(arguments)));
}

}  // namespace update
