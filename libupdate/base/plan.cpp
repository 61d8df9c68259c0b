#include <update/plan.hpp>
