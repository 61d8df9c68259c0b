// The one way by which the Windows twins include Windows: sockets before windows.h, without the macros min
// and max.
#pragma once
#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <winsock2.h>
#include <ws2tcpip.h>
// Not before winsock2.h.
#include <windows.h>
