// memory_floor CA URL: what a process needs that only links libcurl and OpenSSL. Fetches URL once over HTTPS,
// hashes and drops it, and prints its own peak resident memory in KiB.
#include <cstdio>
#include <curl/curl.h>
#include <fstream>
#include <memory>
#include <openssl/evp.h>
#include <string>

namespace {

std::size_t digest_bytes(char* bytes, std::size_t size, std::size_t count, void* digest) {
    EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(digest), bytes, size * count);
    return size * count;
}

std::string peak_kib() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::to_string(std::stoul(line.substr(6)));
    return "0";
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const std::unique_ptr<CURL, void (*)(CURL*)> easy{curl_easy_init(), curl_easy_cleanup};
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
    curl_easy_setopt(easy.get(), CURLOPT_CAINFO, argv[1]);
    curl_easy_setopt(easy.get(), CURLOPT_URL, argv[2]);
    curl_easy_setopt(easy.get(), CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, digest_bytes);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, digest.get());
    if (const CURLcode code = curl_easy_perform(easy.get()); code != CURLE_OK) {
        std::fprintf(stderr, "%s: %s\n", argv[2], curl_easy_strerror(code));
        return 1;
    }
    std::puts(peak_kib().c_str());
}
