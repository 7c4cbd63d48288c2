/**
 * Source files of iPXE by the number that is a part of an error (`include/ipxe/errfile.h` and that of x86, whose numbers
 * begin at 128): the lists are in the order of the numbers, `-` is one that nobody has. They only ever grow, so they hold
 * for older versions too. Read from iPXE at 0ab2277c4 (2026-08-21).
 */
export interface ErrorFileGroup {
  /** Bits 13 to 15 of the error; bits 16 to 23 are the place in the list. */
  readonly category: number
  readonly names: readonly string[]
}

const list = (names: string): readonly string[] => names.trim().split(/\s+/)

export const errorFileGroups: readonly ErrorFileGroup[] = [
  {
    category: 1,
    names: list(`
      asprintf downloader exec blob iobuf job linebuf monojob nvo open posix_io resolv settings
      vsprintf xfer bitmap base64 base16 blockdev acpi null_sanboot edd parseopt test xferbuf
      pending null_reboot pinger fbcon ansicol ansicoldef fault blocktrans pixbuf efi_block sanboot
      dummy_sanboot fdt dma cachedhcp acpimac efi_strings uuid efi_path efi_mp efi_service
      null_smbios efi_open efi_table efi_connect gpio spcr disklog efi_disklog datauri dmesg - - - -
      - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -
      - - - - - - - - - - - - - - - - - - - - - - int15 pnpbios bios_smbios biosint int13 pxeparent
      runtime vmware guestrpc guestinfo apm vesafb int13con gdbmach rtc_entropy acpipwr cpuid
      rdtsc_timer acpi_timer rdrand
    `),
  },
  {
    category: 2,
    names: list(`
      eisa isa isapnp mca pci linux pcivpd usb usbhub xhci ehci uhci usbhid usbkbd usbio - nvs spi
      i2c_bit spi_bit nvsvpd uart ns16550 dwuart - - - - - - - - 3c509 bnx2 cs89x0 eepro etherfabric
      legacy natsemi pnic prism2_pci prism2_plx rtl8139 smc9000 tg3 3c509_eisa 3c515 3c529 3c595
      3c5x9 3c90x amd8111e davicom depca dmfe - eepro100 epic100 forcedeth mtd80x ns83820 ns8390
      pcnet32 r8169 sis900 sundance tlan tulip rhine velocity w89c840 ipoib e1000_main e1000e_main
      mtnic phantom ne2k_isa b44 rtl818x sky2 ath5k atl1e sis190 myri10ge skge vxge_main vxge_config
      vxge_traffic igb_main snpnet snponly jme virtio_net tap igbvf_main ath9k ath vmxnet3 mii
      realtek skeleton intel myson intelx snp netfront nii netvsc ecm ncm usbnet dm96xx scsi arbel
      hermon linda ata srp qib7322 smsc75xx intelvf intelxvf smsc95xx acm eoib golan flexboot_nodnic
      virtio timer_rdtsc timer_bios hvm hyperv x86_uart - - - - - - - - - - - - - - - - - - - - - -
      - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - pciea axge thunderx
      af_packet sfc_hunt efx_hunt exanic smscusb lan78xx ena icplus intelxl pcimsix intelxlvf usbblk
      iphone slirp rdc ice ecam pcibridge mnpnet gve aqc1xx atl_hw atl2_hw devtree cgem dwmac dwusb
      dwgpio
    `),
  },
  {
    category: 3,
    names: list(`
      aoe arp dhcpopts ethernet icmpv6 ipv4 ipv6 ndp netdevice nullnet tcp ftp httpcore iscsi tcpip
      udp dhcp dns tftp infiniband netdev_settings dhcppkt slam ib_sma ib_packet icmpv4 ib_qset
      ib_gma ib_pathrec ib_mcast ib_cm net80211 ib_mi ib_cmrc ib_srp sec80211 wep eapol wpa wpa_psk
      wpa_tkip wpa_ccmp eth_slow fc fcels fcp fcoe fcns vlan oncrpc portmap nfs nfs_open mount
      oncrpc_iob neighbour socket icmp ping dhcpv6 nfs_uri rndis pccrc stp pccrd httpconn httpauth
      httpbasic httpdigest peerdisc peerblk peermux xsigo ntp httpntlm eap lldp eap_md5 eap_mschapv2
      syslogs - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -
      - - - - - undi undiload undinet undionly undirom
    `),
  },
  {
    category: 4,
    names: list(`
      image elf script segment efi_image embedded pnm png der pem archive zlib gzip efi_siglist lkrn
      initrd mime - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -
      - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -
      - - - - - - - - - - - - - - - - - - - - - - - bootsector bzimage eltorito multiboot nbi
      pxe_image elfboot comboot com32 comboot_resolv comboot_call sdi - pxe_call ucode
    `),
  },
  {
    category: 7,
    names: list(`
      asn1 chap aoeboot autoboot dhcpmgmt imgmgmt pxe_tftp pxe_udp aes cipher image_cmd uri_test
      ibft tls ifmgmt iscsiboot efi_pci efi_snp smbios smbios_settings efi_smbios pxemenu x509
      login_ui ib_srpboot iwmgmt linux_smbios lotest config_cmd ifmgmt_cmd fcmgmt_cmd gdbstub_cmd
      sanboot_cmd bofm prompt nvo_cmd hmac_drbg drbg entropy rsa linux_entropy x509_test cms
      imgtrust menu_ui dynui_cmd validator ocsp nslookup efi_snp_hii readline efi_bofm efi_console
      efi_debug efi_download efi_driver efi_file efi_init efi_timer efi_umalloc linux_pci
      pci_settings efi_reboot memmap_settings param_cmd deflate xenstore xenbus xengrant efi_utils
      efi_wrap vmbus efi_time efi_watchdog efi_pxe efi_usb efi_fbcon efi_local efi_entropy cert_cmd
      acpi_settings ntlm efi_veto efi_autoboot efi_autoexec efi_cachedhcp linux_sysfs linux_acpi
      dynkeymap pci_cmd dhe efi_cmdline efi_rng efi_shim efi_settings x25519 des editstring
      widget_ui form_ui usb_cmd usb_settings weierstrass efi_cacert elliptic ecdsa crypto_null ffdhe
      cbc - - - - - - - - - - - - - - - - - - - cpuid_cmd cpuid_settings
    `),
  },
]
