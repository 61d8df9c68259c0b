#include <update/outcome.hpp>
