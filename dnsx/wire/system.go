package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

const (
	systemConfig    = "/etc/resolv.conf"
	maxSystemConfig = 64 << 10 // bytes of it that are read
	maxSystem       = 3        // resolvers that a system asks (resolv.conf(5))
)

// SystemServers gives the resolvers that this system asks, at most three, as
// [Options] takes them: those of /etc/resolv.conf, or on Windows those of the
// network adapters. The error wraps ErrNoServer and says what was looked at.
func SystemServers() ([]string, error) {
	if runtime.GOOS == "windows" {
		return adapterServers()
	}
	f, err := os.Open(systemConfig)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoServer, err)
	}
	defer func() { _ = f.Close() }()
	return ReadServers(f, systemConfig)
}

// ReadServers reads the nameserver lines of a resolv.conf, at most three, of
// at most 64 KiB. Lines that name no address are passed over.
func ReadServers(r io.Reader, name string) ([]string, error) {
	var servers []string
	lines := bufio.NewScanner(io.LimitReader(r, maxSystemConfig))
	for lines.Scan() && len(servers) < maxSystem {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		if addr, err := netip.ParseAddr(fields[1]); err == nil && !slices.Contains(servers, addr.String()) {
			servers = append(servers, addr.String())
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%w: %s: %w", ErrNoServer, name, err)
	}
	if len(servers) == 0 {
		return nil, fmt.Errorf("%w in %s: name one with --resolver", ErrNoServer, name)
	}
	return servers, nil
}

// adapterServers learns the servers of Windows adapters from the standard
// library's own resolver: it is given a dialer that notes the addresses and
// opens nothing.
func adapterServers() ([]string, error) {
	seen := make(chan string, 64)
	r := net.Resolver{PreferGo: true, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
		select {
		case seen <- address:
		default:
		}
		return nil, ErrNoServer
	}}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = r.LookupTXT(ctx, "resolver.invalid.")
	var servers []string
	for {
		select {
		case s := <-seen:
			if !slices.Contains(servers, s) && len(servers) < maxSystem {
				servers = append(servers, s)
			}
			continue
		default:
		}
		break
	}
	// Without any the library falls back to this host's two addresses.
	if len(servers) == 0 || slices.Equal(servers, []string{"127.0.0.1:53", "[::1]:53"}) {
		return nil, fmt.Errorf("%w at the network adapters: name one with --resolver", ErrNoServer)
	}
	return servers, nil
}
