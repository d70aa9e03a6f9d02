// Command platform is a sending platform on this machine, to try a look-up and
// a removal by hand: it keeps the lists in memory, answers as the vendor
// documents, and says on standard output what it is asked.
//
//	go run ./platform -key sendgrid -listen 127.0.0.1:8025 -put person@example.com
//
// The config file that asks it is printed at the start.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"deadletter/diagnose/safe"
	"deadletter/diagnose/suppression/platformtest"
)

func main() {
	key := flag.String("key", "sendgrid", "which platform: "+strings.Join(platformtest.Keys(), ", "))
	listen := flag.String("listen", "127.0.0.1:8025", "loopback address and port")
	list := flag.String("list", "", "the list that -put fills (default: the one of bounces)")
	keyFile := flag.String("key-file", "", "write the key that the platform takes into this file, mode 0600")
	drop := flag.Bool("drop", false, "cut the connection after a removal, instead of an answer")
	var put []string
	flag.Func("put", "an address that stands on the list (repeatable)", func(s string) error { put = append(put, s); return nil })
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *key, *listen, *list, *keyFile, *drop, put); err != nil {
		fmt.Fprintln(os.Stderr, "platform:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, key, listen, list, keyFile string, drop bool, put []string) error {
	known := false
	for _, k := range platformtest.Keys() {
		known = known || k == key
	}
	if !known {
		return fmt.Errorf("there is no platform %q", key)
	}
	at, err := netip.ParseAddrPort(listen)
	if err != nil || !at.Addr().IsLoopback() {
		return fmt.Errorf("%q is no address of this machine alone with a port", listen)
	}
	server := platformtest.New(key)
	defer server.Close()
	if list == "" {
		list = server.Bounces()
	}
	for _, address := range put {
		server.Put(list, platformtest.Entry{Address: address, Reason: "550 5.1.1 user unknown", Code: "5.1.1", Created: time.Now().Add(-24 * time.Hour)})
	}
	if keyFile != "" {
		if err := os.WriteFile(keyFile, []byte(platformtest.SecretOf(key)), 0o600); err != nil {
			return err
		}
	}
	server.Behave(func(r platformtest.Request) platformtest.Behaviour {
		fmt.Println(safe.Textf("%s %s", r.Method, r.Path))
		return platformtest.Behaviour{DropAfter: drop && platformtest.Changing(r)}
	})
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("[[platform]]\nname = %q\nbase = \"http://%s\"\nkey = { env = \"PLATFORM_KEY\" }\n\nPLATFORM_KEY is %s\n\n", key, l.Addr(), platformtest.SecretOf(key))
	return serve(ctx, l, server.URL)
}

// serve passes what comes at the chosen port on to the platform.
func serve(ctx context.Context, l net.Listener, to string) error {
	target, err := url.Parse(to)
	if err != nil {
		return err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // what was cut there is cut here
		},
	}
	web := &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = web.Close() })
	defer stop()
	if err := web.Serve(l); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}
