// For the Windows twins: who may use an object, given to the system when the object is created, so that there
// is no moment at which others could.
#pragma once
#include <memory>
#include <string>

#include <update/result.hpp>

#include "os/handle.hpp"

namespace update {

class Descriptor {
 public:
    /// `sddl` is text of the Security Descriptor Definition Language.
    static Result<Descriptor> parse(const std::string& sddl);
    /// For SECURITY_ATTRIBUTES::lpSecurityDescriptor.
    void* get() const { return memory_.get(); }

 private:
    explicit Descriptor(void* memory) : memory_{memory} {}
    LocalMemory memory_;
};

/// SYSTEM, Administrators, and `own_sid` where that is neither: everything. Others: nothing, nor over the
/// network. Protected: nothing is inherited.
std::string private_sddl(const std::string& own_sid);
/// For this process's account.
Result<std::string> private_sddl();
/// The same for a pipe that everybody on this machine may ask. 0x12019b is reading and writing data without
/// the right to create another instance of the pipe, which GENERIC_WRITE would contain.
std::string public_pipe_sddl(const std::string& own_sid);

/// What a kernel object really has: the DACL as text, and the owner's SID.
Result<std::string> read_sddl(void* object);
Result<std::string> owner_of(void* object);

/// 32 hexadecimal digits that nobody can guess.
Result<std::string> secret_name();

}  // namespace update
