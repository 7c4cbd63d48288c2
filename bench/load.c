/*
 * The load client of bench/serve.ts: many HTTP or TFTP clients in one process, in C, because a client in Node would be
 * the slower side and hide what the server does.
 *
 *   load http HOST PORT PATH CLIENTS REQUESTS FILE|-
 *   load tftp HOST PORT NAME CLIENTS BLKSIZE WINDOW FILE|-
 *
 * With FILE every octet is compared to that file; with `-` they are counted and thrown away (MSG_TRUNC for TCP).
 * REQUESTS is per client, on one connection. Prints one line of JSON; exit code 1 when anything was wrong.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const unsigned char *wanted;
static long long wantedSize = -1;
static struct sockaddr_in server;
static int epoll;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
  fprintf(stderr, "%s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(1);
}

static void check(long long offset, const unsigned char *bytes, long long length) {
  errno = 0;
  if (!wanted) return;
  if (offset + length > wantedSize) fail("more octets than the file has");
  if (memcmp(wanted + offset, bytes, length)) fail("an octet differs from the file");
}

static void watch(int fd, unsigned events, void *who) {
  struct epoll_event e = {.events = events, .data.ptr = who};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e)) fail("epoll_ctl");
}

static int order(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void report(double start, double end, long long bytes, double *times, int clients, long retries, int window) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  double cpu = use.ru_utime.tv_sec + use.ru_utime.tv_usec / 1e6 + use.ru_stime.tv_sec + use.ru_stime.tv_usec / 1e6;
  qsort(times, clients, sizeof *times, order);
  printf("{\"seconds\":%.6f,\"bytes\":%lld,\"clientCpu\":%.3f,\"medianClient\":%.4f,\"slowestClient\":%.4f,"
         "\"retries\":%ld,\"windowsize\":%d}\n",
         end - start, bytes, cpu, times[clients / 2], times[clients - 1], retries, window);
}

/* ---- HTTP ---- */

struct http {
  int fd, left, headLength;
  long long length, got;
  char head[4096];
};

static void httpAsk(struct http *c, const char *request) {
  c->headLength = 0;
  c->length = -1;
  c->got = 0;
  if (send(c->fd, request, strlen(request), 0) != (ssize_t)strlen(request)) fail("send");
}

static int http(const char *path, int clients, int requests) {
  static unsigned char body[1 << 18];
  char request[1024];
  snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\nHost: bench\r\n\r\n", path);
  struct http *all = calloc(clients, sizeof *all);
  double *times = calloc(clients, sizeof *times);
  for (int i = 0; i < clients; i++) {
    struct http *c = &all[i];
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (void *)&server, sizeof server)) fail("connect");
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    watch(c->fd, EPOLLIN, c);
    c->left = requests;
  }
  double start = now();
  long long bytes = 0;
  for (int i = 0; i < clients; i++) httpAsk(&all[i], request);
  int running = clients;
  struct epoll_event events[256];
  while (running) {
    int n = epoll_wait(epoll, events, 256, 20000);
    if (n == 0) fail("the server is silent");
    for (int i = 0; i < n; i++) {
      struct http *c = events[i].data.ptr;
      for (;;) {
        ssize_t got;
        if (c->length < 0) {
          /* Peeked at, so that the body is left for the other branch. */
          got = recv(c->fd, c->head, sizeof c->head - 1, MSG_PEEK);
          if (got < 0 && errno == EAGAIN) break;
          if (got <= 0) fail("the server hung up");
          c->head[got] = 0;
          char *end = strstr(c->head, "\r\n\r\n");
          if (!end) {
            if (got == sizeof c->head - 1) fail("a head without an end");
            break;
          }
          errno = 0;
          if (strncmp(c->head, "HTTP/1.1 200", 12)) fail("not a 200");
          char *length = strcasestr(c->head, "\r\ncontent-length:");
          if (!length || length > end) fail("no length");
          c->length = atoll(length + 17);
          recv(c->fd, body, end + 4 - c->head, 0);
        } else {
          long long want = c->length - c->got;
          if (want > (long long)sizeof body && wanted) want = sizeof body;
          if (want > 1 << 20) want = 1 << 20;
          got = recv(c->fd, wanted ? body : NULL, want, wanted ? 0 : MSG_TRUNC);
          if (got < 0 && errno == EAGAIN) break;
          if (got <= 0) fail("the server hung up within a body");
          if (wanted) check(c->got, body, got);
          c->got += got;
          bytes += got;
          if (c->got < c->length) continue;
          errno = 0;
          if (wantedSize >= 0 && c->length != wantedSize) fail("the length differs from the file's");
          if (--c->left) {
            httpAsk(c, request);
            continue;
          }
          times[c - all] = now() - start;
          close(c->fd);
          running--;
          break;
        }
      }
    }
  }
  report(start, now(), bytes, times, clients, 0, 0);
  return 0;
}

/* ---- TFTP ---- */

enum { VECTOR = 64, DATAGRAM = 65536 };

struct tftp {
  int fd, connected, blksize, window, unacked, done, gap;
  long long block; /* the last one in order */
  long long got;
  double heard;
};

static char rrq[1024];
static int rrqLength;

static void tftpAck(struct tftp *c) {
  unsigned char ack[4] = {0, 4, c->block >> 8, c->block};
  send(c->fd, ack, 4, 0);
  c->unacked = 0;
}

static void tftpAsk(struct tftp *c) {
  sendto(c->fd, rrq, rrqLength, 0, (void *)&server, sizeof server);
}

static void add(const char *text) {
  strcpy(rrq + rrqLength, text);
  rrqLength += strlen(text) + 1;
}

static int tftp(const char *name, int clients, const char *blksize, const char *window) {
  rrq[1] = 1;
  rrqLength = 2;
  add(name), add("octet"), add("blksize"), add(blksize), add("tsize"), add("0");
  if (atoi(window) > 1) add("windowsize"), add(window);

  static unsigned char *buffers;
  buffers = malloc((size_t)VECTOR * DATAGRAM);
  struct mmsghdr messages[VECTOR];
  struct iovec parts[VECTOR];
  struct sockaddr_in from[VECTOR];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < VECTOR; i++) {
    parts[i] = (struct iovec){buffers + (size_t)i * DATAGRAM, DATAGRAM};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = &from[i];
  }
  struct tftp *all = calloc(clients, sizeof *all);
  double *times = calloc(clients, sizeof *times);
  for (int i = 0; i < clients; i++) {
    struct tftp *c = &all[i];
    c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = server.sin_addr};
    if (bind(c->fd, (void *)&own, sizeof own)) fail("bind");
    c->window = 1;
    c->blksize = 512;
    watch(c->fd, EPOLLIN, c);
  }
  double start = now();
  long long bytes = 0;
  long retries = 0;
  int running = clients, granted = 0;
  for (int i = 0; i < clients; i++) all[i].heard = start, tftpAsk(&all[i]);
  struct epoll_event events[256];
  double looked = start;
  while (running) {
    int n = epoll_wait(epoll, events, 256, 200);
    double t = now();
    for (int e = 0; e < n; e++) {
      struct tftp *c = events[e].data.ptr;
      if (c->done) continue;
      for (int i = 0; i < VECTOR; i++) messages[i].msg_hdr.msg_namelen = sizeof from[i];
      int count = recvmmsg(c->fd, messages, VECTOR, 0, NULL);
      if (count < 0) {
        if (errno == EAGAIN) continue;
        fail("recvmmsg");
      }
      c->heard = t;
      for (int i = 0; i < count && !c->done; i++) {
        unsigned char *p = parts[i].iov_base;
        int length = messages[i].msg_len;
        errno = 0;
        if (length < 4) fail("a datagram that is no TFTP");
        if (!c->connected) {
          if (connect(c->fd, (void *)&from[i], sizeof from[i])) fail("connect");
          c->connected = 1;
        }
        if (p[1] == 6) {
          if (c->block) continue;
          for (char *o = (char *)p + 2; o < (char *)p + length; o += strlen(o) + 1) {
            char *value = o + strlen(o) + 1;
            if (!strcasecmp(o, "blksize")) c->blksize = atoi(value);
            if (!strcasecmp(o, "windowsize")) c->window = granted = atoi(value);
            o = value;
          }
          tftpAck(c);
        } else if (p[1] == 3) {
          int block = p[2] << 8 | p[3];
          if (block != ((c->block + 1) & 0xffff)) {
            /* Once per gap, as RFC 7440 wants it. */
            if (!c->gap && c->window > 1) c->gap = 1, retries++, tftpAck(c);
            continue;
          }
          c->gap = 0;
          length -= 4;
          check(c->got, p + 4, length);
          c->block++;
          c->got += length;
          bytes += length;
          if (length < c->blksize) {
            tftpAck(c);
            errno = 0;
            if (wantedSize >= 0 && c->got != wantedSize) fail("the length differs from the file's");
            times[c - all] = now() - start;
            c->done = 1;
            running--;
          } else if (++c->unacked == c->window) tftpAck(c);
        } else {
          errno = 0;
          fail(p[1] == 5 ? (char *)p + 4 : "an unexpected packet");
        }
      }
    }
    if (t - looked < 0.2) continue;
    looked = t;
    for (int i = 0; i < clients; i++) {
      struct tftp *c = &all[i];
      if (c->done || t - c->heard < 1) continue;
      c->heard = t;
      if (++retries > 1000L * clients) fail("too many retries");
      if (c->connected) tftpAck(c);
      else tftpAsk(c);
    }
  }
  report(start, now(), bytes, times, clients, retries, granted);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 8) return fprintf(stderr, "usage: see the head of load.c\n"), 2;
  server.sin_family = AF_INET;
  server.sin_port = htons(atoi(argv[3]));
  inet_pton(AF_INET, argv[2], &server.sin_addr);
  epoll = epoll_create1(0);
  const char *file = argv[argc - 1];
  if (strcmp(file, "-")) {
    int fd = open(file, O_RDONLY);
    struct stat info;
    if (fd < 0 || fstat(fd, &info)) fail(file);
    wantedSize = info.st_size;
    wanted = mmap(NULL, wantedSize, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (wanted == MAP_FAILED) fail(file);
  }
  if (!strcmp(argv[1], "http")) return http(argv[4], atoi(argv[5]), atoi(argv[6]));
  return tftp(argv[4], atoi(argv[5]), argv[6], argv[7]);
}
