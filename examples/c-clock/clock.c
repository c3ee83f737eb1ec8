// clock: what time is it where? A small HTTP server in C, statically linked.
//
//     GET /Europe/Berlin                  the time there, now
//     GET /Europe/Berlin?at=1719828000    and then: seconds since 1970
//
// The zones are files in /usr/share/zoneinfo, so it needs a base that has these, and no C library.
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo/"

enum { REQUEST_BYTES = 2048, ZONE_BYTES = 64, BODY_BYTES = 128 };

// Of the year 9999, so that a year has four digits.
#define LAST_SECOND 253402214400LL

// As process 1 a container's program is ended by signals only if it says so.
static void stop(int signal_number) {
    (void)signal_number;
    _exit(0);
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

// Zones are names of files: nothing may lead out of their folder.
static int is_zone(const char *name) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    char path[sizeof ZONES + ZONE_BYTES];
    if (strlen(name) >= ZONE_BYTES || name[0] < 'A' || name[0] > 'Z' || strspn(name, allowed) != strlen(name)) return 0;
    snprintf(path, sizeof path, ZONES "%s", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return 0;
    char magic[4] = {0};
    size_t length = fread(magic, 1, sizeof magic, file);
    fclose(file);
    return length == sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
}

// Writes the body of the answer and returns its status.
static int answer(char *request, char *body) {
    char *path = strtok(request, " "), *query = NULL;
    if (path != NULL && strcmp(path, "GET") == 0 && (path = strtok(NULL, " \r\n")) != NULL) {
        query = strchr(path, '?');
        if (query != NULL) *query++ = '\0';
    }
    if (path == NULL || path[0] != '/' || !is_zone(path + 1)) {
        strcpy(body, "no such time zone; try /Europe/Berlin\n");
        return 404;
    }
    time_t seconds = time(NULL);
    if (query != NULL) {
        char *end = query;
        if (strncmp(query, "at=", 3) == 0) seconds = strtoll(query + 3, &end, 10);
        if (end == query + 3 || *end != '\0' || llabs(seconds) > LAST_SECOND) {
            strcpy(body, "at= takes seconds since 1970\n");
            return 400;
        }
    }
    struct tm local;
    setenv("TZ", path + 1, 1);
    tzset();
    localtime_r(&seconds, &local);
    strftime(body, BODY_BYTES, "%Y-%m-%d %H:%M:%S %z %Z\n", &local);
    return 200;
}

static void serve(int connection) {
    char request[REQUEST_BYTES], body[BODY_BYTES], head[BODY_BYTES];
    size_t length = 0;
    while (length < sizeof request - 1) {
        ssize_t more = read(connection, request + length, sizeof request - 1 - length);
        if (more <= 0) return;
        length += (size_t)more;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL) break;
    }
    int status = answer(request, body);
    const char *reason = status == 200 ? "OK" : status == 404 ? "Not Found" : "Bad Request";
    snprintf(head, sizeof head,
             "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
             status, reason, strlen(body));
    if (write(connection, head, strlen(head)) < 0 || write(connection, body, strlen(body)) < 0) return;
}

int main(void) {
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    signal(SIGPIPE, SIG_IGN);
    const char *port = getenv("PORT");
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)atoi(port != NULL ? port : "8080")),
        .sin_addr.s_addr = htonl(INADDR_ANY),
    };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0) fail("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    if (listen(listener, 16) < 0) fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("listening on port %d as user %d\n", ntohs(address.sin_port), (int)getuid());
    fflush(stdout);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) continue;
        // One at a time: whoever says nothing for five seconds is not waited for.
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 5}, sizeof(struct timeval));
        serve(connection);
        close(connection);
    }
}
